package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/tetherscope/tetherscope/internal/cli/prompt"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// speaker returns who speaks on a link: a person at a terminal, or a pipe. restore gives the terminal back.
func (c *connectCommand) speaker(l *link) (s *speaker, restore func()) {
	s = &speaker{incoming: newIncoming(l, c.want), io: c.io, outgoing: c.outgoing, commands: c.commands, wait: c.wait}
	s.view, s.next, restore = c.outputView(), pipedLines(c.io.In), func() {}
	in, out := terminalFile(c.io.In), terminalFile(c.io.output)
	if in == nil || out == nil {
		return s, restore
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		c.io.notice("the terminal cannot be set up for editing: %v\n", err)
		return s, restore
	}
	s.commands, s.keepOn, s.wait = true, true, 0
	edit := c.editor(in, out, l)
	screen := c.screen(edit)
	own := *c.io
	own.Err = screen // in raw mode, a line's end alone does not return to the margin
	s.io, s.next = &own, edit.line
	if !c.json {
		s.view = &screenView{screen}
	}
	own.text("connected; /help lists the commands, Ctrl-D closes\n")
	return s, func() {
		_ = term.Restore(int(in.Fd()), state)
		_, _ = io.WriteString(out, "\n")
		if err := edit.history.Save(); err != nil {
			c.io.notice("the history is not kept: %v\n", err)
		}
	}
}

// outputView returns the view for what the command's output is.
func (c *connectCommand) outputView() view {
	switch {
	case c.json:
		return &recordView{printer{out: bufio.NewWriter(c.io.Out), json: true, secrets: true}}
	case terminalFile(c.io.output) != nil:
		return &screenView{c.screen(c.io.output)}
	}
	return &pipeView{c.io, bufio.NewWriter(c.io.Out)}
}

// screen returns a writer to a terminal.
func (c *connectCommand) screen(w io.Writer) *terminal.Writer {
	if c.io.colorless() {
		return terminal.NewWriter(w)
	}
	return terminal.NewColorWriter(w)
}

// terminalFile returns the terminal behind a reader or writer, or nil.
func terminalFile(v any) *os.File {
	if f, ok := v.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// editor edits lines on a terminal.
type editor struct {
	term    *term.Terminal
	out     *os.File
	history *prompt.History
	ended   func() // called when the last line was read
}

// editor makes an editor whose end ends a connection that stands still.
func (c *connectCommand) editor(in, out *os.File, l *link) *editor {
	history, err := prompt.OpenHistory(c.historyFile())
	if err != nil {
		c.io.notice("the history cannot be read: %v\n", err)
	}
	e := &editor{
		out: out, history: history,
		term: term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, out}, "> "),
		ended: func() { time.AfterFunc(2*closingTimeout, l.close) },
	}
	e.term.History = history
	e.term.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' || pos != len(line) {
			return "", 0, false
		}
		full, ok := prompt.Complete(line)
		return full, len(full), ok
	}
	e.term.SetBracketedPasteMode(false)
	return e
}

// historyFile returns the name of the file with the history; empty for none.
func (c *connectCommand) historyFile() string {
	switch c.history {
	case "none":
		return ""
	case "":
		return filepath.Join(stateFolder(c.io.Getenv), "connect-history")
	}
	return c.history
}

// stateFolder returns where the program keeps what it remembers between runs (XDG Base Directory Specification).
func stateFolder(getenv func(string) string) string {
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tetherscope")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "tetherscope")
	}
	return filepath.Join(home, ".local", "state", "tetherscope")
}

// line reads a line. Ctrl-C and Ctrl-D give io.EOF.
func (e *editor) line() (string, error) {
	e.resize()
	line, err := e.term.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	if err != nil {
		e.ended()
	}
	return line, err
}

// Write writes above the line that is being edited.
func (e *editor) Write(b []byte) (int, error) {
	e.resize()
	return e.term.Write(b)
}

// resize follows the size of the window.
func (e *editor) resize() {
	if width, height, err := term.GetSize(int(e.out.Fd())); err == nil && width > 0 {
		_ = e.term.SetSize(width, height) // the line is drawn again with the next key
	}
}
