package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// before and after are two runs of one program, between which a message was lost, one is new, one got another value and one another member.
func twoRuns(t *testing.T, dir string) {
	t.Helper()
	write(t, dir, "before.tscap", dialogue(false, `> {"type":"sub","id":1}`, `< {"type":"trade","price":5}`, `< {"type":"quote"}`, `< {"type":"book","bid":1}`, "> hello"))
	write(t, dir, "after.jsonl", dialogue(false, `> {"type":"sub","id":22}`, `< {"type":"trade","price":6}`, `< {"type":"book","bid":1,"ask":2}`, "> hello", "> bye"))
}

// TestCompare proves what compare prints about two captures of different formats, and its exit codes.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	twoRuns(t, dir)
	got := run(t, dir, "", "compare", "-slower", "off", "before.tscap", "after.jsonl")
	if got.code != 1 || got.err != "" {
		t.Errorf("%+v", got)
	}
	golden(t, "testdata/compare.txt", got.out)
	if got := run(t, dir, "", "compare", "before.tscap", "before.tscap"); got.code != 0 || !strings.HasSuffix(got.out, "5 messages the same\n") {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "compare", "-query", `dir:out -"bye"`, "-slower", "off", "before.tscap", "after.jsonl"); got.code != 0 {
		t.Errorf("%+v", got)
	}
	if got := run(t, dir, "", "compare", "-strict", "-query", `dir:out -"bye"`, "-slower", "off", "before.tscap", "after.jsonl"); got.code != 1 || !strings.Contains(got.out, "$.id: 1 → 22") {
		t.Errorf("%+v", got)
	}
}

// TestCompareAsJSON proves that each line is JSON and that the last one sums up.
func TestCompareAsJSON(t *testing.T) {
	dir := t.TempDir()
	twoRuns(t, dir)
	got := run(t, dir, "", "compare", "-json", "-slower", "off", "before.tscap", "after.jsonl")
	count := map[string]int{}
	var last struct {
		Kind, Result string
		Counts       map[string]int
	}
	for line := range strings.Lines(got.out) {
		last.Counts = nil
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatal(err, line)
		}
		count[last.Kind+" "+last.Result]++
	}
	for what, n := range map[string]int{"connection paired": 1, "message missing": 1, "message new": 1, "message changed": 1, "message reshaped": 1, "place volatile": 1, "summary different": 1} {
		if count[what] != n {
			t.Errorf("%s: %d of %v", what, count[what], count)
		}
	}
	if got.code != 1 || last.Kind != "summary" || last.Counts["same"] != 2 {
		t.Errorf("%d %+v", got.code, last)
	}
}

// TestCompareReportsSlowerAnswers proves the flags that say what slower is.
func TestCompareReportsSlowerAnswers(t *testing.T) {
	dir := t.TempDir()
	lines := []string{`> {"jsonrpc":"2.0","id":1,"method":"add"}`, `< {"jsonrpc":"2.0","id":1,"result":3}`}
	write(t, dir, "before.tscap", dialogue(false, lines...))
	late := dialogue(false, lines...)
	for i := range late {
		if late[i].Kind == record.KindFrame && late[i].Dir == record.In {
			late[i].Time += int64(40 * time.Millisecond)
		}
	}
	write(t, dir, "after.tscap", late)
	for flags, code := range map[string]int{"": 1, "-slower 100x": 0, "-slower-by 1s": 0, "-slower off": 0, "-slower 0.5": 2, "-slower fast": 2} {
		args := append(append([]string{"compare"}, strings.Fields(flags)...), "before.tscap", "after.tscap")
		if got := run(t, dir, "", args...); got.code != code || code == 1 && !strings.Contains(got.out, "answered in") {
			t.Errorf("%s: %+v", flags, got)
		}
	}
}

// TestWhatCannotBeCompared proves that wrong use and captures without records are errors, and damage is reported.
func TestWhatCannotBeCompared(t *testing.T) {
	dir := t.TempDir()
	twoRuns(t, dir)
	for args, want := range map[string]string{
		"before.tscap":                         "want two captures, not 1",
		"- -":                                  "only one of the captures can be standard input",
		"before.tscap none.tscap":              "none.tscap",
		"-query $.a= before.tscap after.jsonl": "cannot be read",
		"before.tscap -":                       "-: it has no records, so nothing was compared",
	} {
		if got := run(t, dir, "", append([]string{"compare"}, strings.Fields(args)...)...); got.code != 2 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
