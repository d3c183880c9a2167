package terminal

import (
	"io"
	"sync"
	"unicode/utf8"
)

// Writer passes text on with everything escaped that [Unsafe] names, and bytes that are not UTF-8. A character may be split between
// writes. Several goroutines may use it: each write is whole.
type Writer struct {
	w     io.Writer
	color bool
	mu    sync.Mutex
	held  []byte // the start of a character whose other bytes have not been written yet
	buf   []byte
}

// NewWriter returns a writer to w. [Writer.Flush] ends it.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write implements io.Writer. An error is one of the writer below; nothing of b counts as written then.
func (w *Writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 && plain(b) {
		return w.w.Write(b)
	}
	all := b
	if len(w.held) > 0 {
		all = append(w.held, b...)
	}
	whole := wholeRunes(all)
	w.buf = appendSafe(w.buf[:0], all[:whole])
	w.held = append([]byte(nil), all[whole:]...)
	if _, err := w.w.Write(w.buf); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Flush writes the start of a character whose end never came.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) == 0 {
		return nil
	}
	w.buf = appendSafe(w.buf[:0], w.held)
	w.held = nil
	_, err := w.w.Write(w.buf)
	return err
}

// plain reports whether b is ASCII that needs no escape, as most output is.
func plain(b []byte) bool {
	for _, c := range b {
		if c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// wholeRunes returns how much of b is left when a character that is cut at its end is taken away.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
