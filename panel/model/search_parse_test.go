package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// TestAFilterTextIsParsedOnce: each keystroke costs one parse, and nothing that goes on with the text (chips, the other view,
// find mode, marks, scans, counts of the chips, late proxy delays) costs another.
func TestAFilterTextIsParsedOnce(t *testing.T) {
	m := New(Options{})
	parses := 0
	m.search.parse = func(s string) (*query.Query, error) {
		parses++
		return query.Parse(s)
	}
	feed(m, 1, text(record.Out, "a"), text(record.In, "b"))
	typed := "near:2 stood>1ms or dir:in"
	for n := 1; n <= len(typed); n++ {
		parses = 0
		m.Update(SetFilter{rows.Filter{Text: typed[:n]}})
		settle(m)
		m.Status()
		if parses != 1 {
			t.Fatalf("%q is parsed %d times", typed[:n], parses)
		}
	}
	parses = 0
	for _, msg := range []Msg{
		SetFilter{rows.Filter{Text: typed, Broken: true}},
		SetView{rows.Frames},
		SetFind{true},
		ToggleMark{0},
		SetFind{false},
		Clear{},
		Undo{},
	} {
		m.Update(msg)
		settle(m)
		m.Status()
	}
	if parses != 0 {
		t.Errorf("%d parses of a text that did not change", parses)
	}
}

// TestOnlyTheSearchParses: no other file of the panel calls query.Parse, but that with the rules of colors, which are parsed when they
// change.
func TestOnlyTheSearchParses(t *testing.T) {
	var found []string
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(strings.ReplaceAll(string(src), "query.ParseTimeOfDay", ""), "query.Parse") {
			found = append(found, filepath.Base(path))
		}
		return nil
	})
	if got := strings.Join(found, " "); err != nil || got != "color_rule.go model.go search.go" {
		t.Errorf("query.Parse stands in %q, %v", got, err)
	}
}
