package cli

import (
	"encoding/json"
	"io"

	"github.com/tetherscope/tetherscope/internal/terminal"
)

// filtered returns o with outputs that let no control character pass. Whatever a command prints, it prints there.
func (o *IO) filtered() (safe *IO, flush func()) {
	out, errs := terminal.NewWriter(o.Out), terminal.NewWriter(o.Err)
	one := *o
	one.Out, one.Err, one.output, one.screen = out, errs, o.Out, o.Err
	return &one, func() {
		_ = out.Flush() // a write that failed before has been reported
		_ = errs.Flush()
	}
}

// colorless reports whether the environment asks for no colors (no-color.org).
func (o *IO) colorless() bool { return o.Getenv("NO_COLOR") != "" || o.Getenv("TERM") == "dumb" }

// notice prints a line for people on standard error. An error there cannot be reported anywhere.
func (o *IO) notice(format string, args ...any) { _ = writeLine(o.Err, format, args...) }

// text prints a text of our own on standard error.
func (o *IO) text(s string) { _, _ = io.WriteString(o.Err, s) }

// clearLine takes away what [IO.status] shows.
const clearLine = "\r\x1b[K"

// status replaces the line that shows progress. s is of our own: it is not filtered.
func (o *IO) status(s string) {
	w := o.screen
	if w == nil {
		w = o.Err
	}
	_, _ = io.WriteString(w, s)
}

// writeLine prints a line for people in which no argument can begin another one.
func writeLine(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, terminal.Line(format, args...))
	return err
}

// writeJSON prints v as one line of JSON.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
