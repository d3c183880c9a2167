package prompt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/cli/prompt"
)

func noFile(string) ([]byte, error) { return nil, errors.New("no such file") }

// TestLinesBecomeMessages proves what each kind of line sends.
func TestLinesBecomeMessages(t *testing.T) {
	files := func(name string) ([]byte, error) { return []byte("of " + name + "\xff"), nil }
	for line, want := range map[string]string{
		"hello":             "text hello",
		"":                  "text ",
		"//help":            "text /help",
		" /help":            "text  /help",
		"/ping":             "ping ",
		"/ping a b":         "ping a b",
		"/pong x":           "pong x",
		"/close":            "close \x03\xe8",
		"/close 4000":       "close \x0f\xa0",
		"/close 4000 a b":   "close \x0f\xa0a b",
		"/send /x":          "text /x",
		"/binary 00 ff":     "binary \x00\xff",
		"/binary @f":        "binary of f\xff",
		"/fragment 3 a bcd": "text a bcd",
	} {
		l, err := prompt.Parse(line, files)
		payload, bad := l.Message.Payload()
		op := l.Message.Op
		if op == "" {
			op = "text"
		}
		if got := op + " " + string(payload); err != nil || bad != nil || l.Action != prompt.Send || got != want {
			t.Errorf("%q: %q, %v, %v", line, got, err, bad)
		}
	}
	if l, err := prompt.Parse("/fragment 3", files); err != nil || l.Action != prompt.Fragments || l.Fragments != 3 {
		t.Errorf("%+v, %v", l, err)
	}
	if l, err := prompt.Parse("/fragment 2 x", files); err != nil || l.Message.Split != 2 {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestWrongCommandsAreExplained proves that an error says what to type.
func TestWrongCommandsAreExplained(t *testing.T) {
	for line, want := range map[string]string{
		"/pnig":         "did you mean /ping",
		"/":             "there is no command",
		"/close now":    "want a number such as 1000",
		"/close 70000":  "want a number",
		"/binary 0g":    "@FILE sends what a file has",
		"/binary @none": "no such file",
		"/send @none":   "no such file",
		"/fragment x":   "want 1 to 1024",
		"/fragment 0 x": "want 1 to 1024",
		"/help me":      "stands alone",
	} {
		if _, err := prompt.Parse(line, noFile); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
	if _, err := prompt.Parse("/send @f", func(string) ([]byte, error) { return []byte("\xff"), nil }); err == nil || !strings.Contains(err.Error(), "/binary @f") {
		t.Error(err)
	}
}

// TestCompletion proves what the tab key adds.
func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{"/c": "/close ", "/pi": "/ping ", "/ping": "/ping ", "/p": "", "/x": "", "c": "", "/close 4": ""} {
		got, adds := prompt.Complete(line)
		if adds != (want != "") || adds && got != want {
			t.Errorf("%q becomes %q, %v, want %q", line, got, adds, want)
		}
	}
}

// TestHistory proves that lines come back in another run, newest first, for their user only, and which are not kept.
func TestHistory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state", "history")
	h, err := prompt.OpenHistory(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"one", "", "two", "two", " secret", "bad\x1b[2J", "l" + strings.Repeat("o", 5000) + "ng", "three"} {
		h.Add(line)
	}
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	h, err = prompt.OpenHistory(name)
	if err != nil || h.Len() != 3 || h.At(0) != "three" || h.At(1) != "two" || h.At(2) != "one" {
		t.Errorf("%+v, %v", h, err)
	}
	for range 1000 {
		h.Add("a")
		h.Add("b")
	}
	if h.Len() != 500 || h.At(0) != "b" {
		t.Errorf("%d lines", h.Len())
	}
}

// TestAHistoryThatCannotBeRead: the error comes, and the history works in memory.
func TestAHistoryThatCannotBeRead(t *testing.T) {
	h, err := prompt.OpenHistory(t.TempDir())
	if err == nil {
		t.Error("a folder was read as a history")
	}
	h.Add("x")
	if h.Len() != 1 {
		t.Errorf("%d lines", h.Len())
	}
}

// FuzzParse proves that no line panics, and that each gives a message that can be built or an error.
func FuzzParse(f *testing.F) {
	f.Add("/close 4000 x")
	f.Add("/fragment 3 a")
	f.Add("/binary 00 0x1")
	f.Fuzz(func(t *testing.T, line string) {
		l, err := prompt.Parse(line, noFile)
		if err != nil {
			return
		}
		if _, err := l.Message.Payload(); err != nil && l.Action == prompt.Send {
			t.Errorf("%q: %v", line, err)
		}
	})
}
