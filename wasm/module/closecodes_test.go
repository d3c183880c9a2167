//go:build !js

package main_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// follows describes what the policy says after a close code, in the words of the documents.
func follows(code int) string {
	switch d := tether.DefaultDecide(tether.CloseInfo{Code: tether.Code(code), Clean: true, Opened: true}); {
	case d.Stop:
		return "stops"
	case d.After > 0:
		return "later"
	default:
		return "again"
	}
}

// TestTableOfCloseCodes: the tables in the documents and in tether.d.ts say of every code what happens.
func TestTableOfCloseCodes(t *testing.T) {
	words := map[string]string{
		"the socket closes": "stops", "another attempt, later": "later", "another attempt after": "again",
		" * stops: ": "stops", " * waits longer: ": "later", " * tries again: ": "again",
	}
	for _, name := range []string{"../../docs/js.md", "../../ci/npm/README.md", static + "/tether.d.ts"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		documented := map[int]string{}
		for line := range strings.Lines(string(text)) {
			for word, follows := range words {
				if !strings.Contains(line, word) || strings.HasPrefix(line, "//") {
					continue
				}
				line = regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(line, "")
				for _, m := range regexp.MustCompile(`\b(\d{4})(?:–(\d{4}))?\b`).FindAllStringSubmatch(line, -1) {
					from, _ := strconv.Atoi(m[1])
					to, _ := strconv.Atoi(max(m[1], m[2]))
					for ; from <= to; from++ {
						documented[from] = follows
					}
				}
			}
		}
		for code := 1000; code < 5000; code++ {
			if reserved := code == 1004 || code > 1015 && code < 3000; !reserved && documented[code] != follows(code) {
				t.Errorf("%s: %d: documented %q, is %q", name, code, documented[code], follows(code))
			}
		}
	}
}
