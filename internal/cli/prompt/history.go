package prompt

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/terminal"
)

// Bounds of a history.
const (
	maxLines = 500
	maxLine  = 4 << 10 // bytes; longer lines are not kept
)

// History is the lines that were typed, the newest last, kept in a file that only its user reads. A line that begins with a space is
// not kept, as in shells. It implements the History of golang.org/x/term; one goroutine uses it at a time.
type History struct {
	name  string // of the file; empty for none
	lines []string
}

// OpenHistory returns the history in a file, which need not exist. Without a name it is kept in memory only. The error is about a file that
// cannot be read; the history works nevertheless, in memory.
func OpenHistory(name string) (*History, error) {
	h := &History{name: name}
	if name == "" {
		return h, nil
	}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		h.name = ""
		return h, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLines*maxLine))
	for line := range strings.Lines(string(b)) {
		h.Add(strings.TrimRight(line, "\n"))
	}
	return h, err
}

// Add adds a line. Empty ones, those that begin with a space, and the same line once more are not kept.
func (h *History) Add(line string) {
	if line == "" || line[0] == ' ' || len(line) > maxLine || !utf8.ValidString(line) || strings.ContainsFunc(line, unprintable) {
		return
	}
	if n := len(h.lines); n > 0 && h.lines[n-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > maxLines {
		h.lines = append(h.lines[:0], h.lines[len(h.lines)-maxLines:]...)
	}
}

func unprintable(r rune) bool { return r == '\n' || r == '\t' || terminal.Unsafe(r) }

// Len returns the number of lines.
func (h *History) Len() int { return len(h.lines) }

// At returns a line, 0 being the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// Save writes the history to its file, which it replaces. It makes the folder when that is missing.
func (h *History) Save() error {
	if h.name == "" || len(h.lines) == 0 {
		return nil
	}
	dir := filepath.Dir(h.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".history") // readable by its user only
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), h.name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the error before is the one to report
	}
	return err
}
