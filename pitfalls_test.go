//go:build !js

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pitfalls are what WebSocket clients have fallen into, by their number: P1 is the first. A test that proves that ours
// does not says so by the number, in its comment, in the name of a case, or in what it reports.
var pitfalls = []string{
	"a herd: clients that come back in the same instants",
	"a queue that is forgotten in the middle of a flush",
	"sent, and still in the browser's buffer when the link died",
	"a socket that stays open, or whose close event never comes",
	"events of a socket that was replaced",
	"timers that are late: a false death, or a true one not noticed",
	"a flag that locks the client out for good",
	"a connection that flaps resets the backoff",
	"a refused login tried again and again",
	"a close while connecting",
	"a close code or reason that may not be sent",
	"an error and a close make two new connections",
	"two live sockets, and everything twice",
	"a call that was given up, or may have been served, is sent again",
	"a waiting request that changes its id",
	"sequence numbers of the two sides that drift apart",
	"a listener that throws, or changes the list of listeners",
	"bytes counted as characters",
	"a view of memory that moves, or of more than was meant",
	"messages that pass each other, because one is a Blob",
	"online, believed",
	"the back/forward cache",
	"a callback that waits and stops the page",
	"callbacks that are never given back",
	"messages lost between the last message event and the close",
	"a heartbeat that hears itself",
	"a hidden page that wakes the radio",
	"a heartbeat that kills every transfer longer than itself",
}

// TestEveryPitfallIsNamedByATest: go test -run Pitfall -v . prints which tests name which.
func TestEveryPitfallIsNamedByATest(t *testing.T) {
	named := map[string][]string{}
	sources(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") && path != "pitfalls_test.go" {
			namedIn(t, path, named)
		}
	})
	for i, what := range pitfalls {
		name := fmt.Sprintf("P%d", i+1)
		tests := slices.Compact(slices.Sorted(slices.Values(named[name])))
		if len(tests) == 0 {
			t.Errorf("%s (%s) is named by no test", name, what)
		}
		t.Logf("%s, %s: %s", name, what, strings.Join(tests, ", "))
	}
}

var pitfallNumber = regexp.MustCompile(`\bP[1-9][0-9]?\b`)

// namedIn adds the functions of a test file by the numbers that they name: tests, and what tests call.
func namedIn(t *testing.T, path string, named map[string][]string) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		begin := fn.Pos()
		if fn.Doc != nil {
			begin = fn.Doc.Pos()
		}
		text := source[files.Position(begin).Offset:files.Position(fn.End()).Offset]
		for _, number := range pitfallNumber.FindAll(text, -1) {
			named[string(number)] = append(named[string(number)], filepath.Dir(path)+"."+fn.Name.Name)
		}
	}
}
