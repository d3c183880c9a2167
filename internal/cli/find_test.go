package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestFind proves what find prints of several files of different formats, and its exit codes.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(false, `> {"price":5}`, `< {"price":500}`))
	write(t, dir, "b.jsonl", dialogue(false, `> {"price":700}`, "> hello"))
	write(t, dir, "c.har", dialogue(false, "> hello"))
	files := []string{"a.tscap", "b.jsonl", "c.har"}
	got := run(t, dir, "", append([]string{"find", "$.price>100"}, files...)...)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	if got.code != 0 || len(lines) != 2 || !strings.HasPrefix(lines[0], "a.tscap: ") || !strings.HasPrefix(lines[1], "b.jsonl: ") || got.err != "2 records in 2 of 3 files\n" {
		t.Errorf("%+v", got)
	}
	for args, want := range map[string]string{
		"-l $.price>100":     "a.tscap\nb.jsonl\n",
		"-count $.price>100": "a.tscap: 1\nb.jsonl: 1\nc.har: 0\n",
		"-l file:b":          "b.jsonl\n",
		"-l $.price=500":     "a.tscap\n",
	} {
		fields := strings.SplitN(args, " ", 2)
		got := run(t, dir, "", append([]string{"find", fields[0], fields[1]}, files...)...)
		if got.code != 0 || got.out != want {
			t.Errorf("%s: %+v", args, got)
		}
	}
	for args, code := range map[string]int{"op:ping x.tscap": 2, "op:ping": 2, "$.a= a.tscap": 2, "-l -count op:text a.tscap": 2, "nowhere a.tscap": 1, "op:text none.har": 2} {
		if got := run(t, dir, "", append([]string{"find"}, strings.Fields(args)...)...); got.code != code {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := run(t, dir, "", "find", "-l", "hello", "missing.tscap", "c.har"); got.code != 2 || got.out != "c.har\n" || !strings.Contains(got.err, "missing.tscap") {
		t.Errorf("%+v", got)
	}
}

// TestFindAsJSON proves that each line has its file, and is read as a capture as well.
func TestFindAsJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", dialogue(false, "> hello"))
	got := run(t, dir, "", "find", "-json", "op:text", "a.tscap")
	var line struct {
		File, Kind string
		V          int
	}
	if err := json.Unmarshal([]byte(got.out), &line); err != nil || line.File != "a.tscap" || line.Kind != "frame" || line.V != 1 {
		t.Errorf("%v: %+v", err, got)
	}
	if back := run(t, dir, got.out, "show", "-"); back.code != 0 || !strings.Contains(back.out, `"hello"`) {
		t.Errorf("%+v", back)
	}
}
