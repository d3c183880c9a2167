package terminal

import "strings"

// Style is how a [Part] is drawn where colors are on.
type Style uint8

// The styles.
const (
	Plain   Style = iota
	Dim           // what matters least: control frames, notes
	Key           // the name of a member of a JSON object
	String        // a JSON string
	Literal       // a number, true, false or null in JSON
	Alert         // what went wrong, or ends
)

// sgr are the parameters of Select Graphic Rendition (ECMA-48 §8.3.117) for the styles. They are among the eight colors that every
// terminal lets its user choose.
var sgr = [...]string{Dim: "2", Key: "36", String: "32", Literal: "33", Alert: "31"}

// Part is a piece of text in one style.
type Part struct {
	Style Style
	Text  string
}

// NewColorWriter returns a writer whose [Writer.Print] colors its parts. Everything else is as with [NewWriter]: a color in what is
// written is escaped, whatever its source.
func NewColorWriter(w Writable) *Writer { return &Writer{w: w, color: true} }

// Writable is what a [Writer] writes to.
type Writable interface{ Write(p []byte) (int, error) }

// Print writes the parts as one write, each escaped as [Writer.Write] escapes. The error is one of the writer below.
func (w *Writer) Print(parts ...Part) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = w.buf[:0]
	for _, p := range parts {
		colored := w.color && p.Style != Plain && int(p.Style) < len(sgr)
		if colored {
			w.buf = append(append(append(w.buf, "\x1b["...), sgr[p.Style]...), 'm')
		}
		w.buf = appendSafe(w.buf, []byte(p.Text))
		if colored {
			w.buf = append(w.buf, "\x1b[0m"...)
		}
	}
	_, err := w.w.Write(w.buf)
	return err
}

// Indent returns text whose lines after the first are indented by two spaces, so that none of them looks like a line of the program.
func Indent(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }
