package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Beside opens another file of the place that a file was read from, by its name alone. It may be nil: there are no others.
type Beside func(name string) (io.ReadCloser, error)

// attached reads the messages of an entry from the file that its response names, as Playwright writes them: a line each.
func (r *entryReader) attached() {
	name := r.e.Response.Content.File
	if name == "" || !r.isHTTP || !r.e.isWebSocket() {
		return
	}
	r.isHTTP = false
	f, err := r.h.openBeside(name)
	if err != nil {
		r.h.bad(r.at, "", err)
		return
	}
	defer func() { _ = f.Close() }()
	lines := &lineReader{r: withoutMark(io.LimitReader(f, MaxHAR))}
	for {
		text, err := lines.next()
		if len(bytes.TrimSpace(text)) > 0 {
			r.attachedLine(name, lines, text)
		}
		if err == nil && r.h.store.full {
			err = ErrHARBudget
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.h.bad(r.at, ", "+name, err)
			}
			return
		}
	}
}

func (r *entryReader) attachedLine(name string, lines *lineReader, text []byte) {
	err := ErrLineTooLong
	if !lines.tooLong {
		err = r.looseLine(text)
	}
	if err != nil {
		r.h.bad(r.at, fmt.Sprintf(", line %d of %s", lines.line, name), err)
	}
}

// openBeside opens a file that a HAR file names. Names of other places are refused: the HAR file may come from a stranger.
func (h *harReader) openBeside(name string) (io.ReadCloser, error) {
	if strings.ContainsAny(name, `/\:`) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("its messages are in %s, which is not opened: only files beside the HAR file are", quoted(name))
	}
	if h.beside != nil {
		f, err := h.beside(name)
		if err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("its messages are in the file %s, which is not there: put it beside the HAR file, or drop both files together", quoted(name))
}

// readHAR is [ReadHAR] with other files beside it.
func readHAR(r io.Reader, beside Beside, v record.Visitor) error {
	h := harReader{v: v, beside: beside}
	defer h.store.free()
	return h.read(r)
}
