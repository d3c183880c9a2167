package controller

import (
	"bytes"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// recordWriter is a format of capture files.
type recordWriter interface {
	Write(*record.Record) error
	Close() error
}

// formats are the kinds of file that a capture is saved as, by the end of their names.
var formats = map[string]struct {
	mime string
	open func(io.Writer) (recordWriter, error)
}{
	"tscap":  {"application/octet-stream", func(w io.Writer) (recordWriter, error) { return file.NewWriter(w), nil }},
	"jsonl":  {"application/jsonl", func(w io.Writer) (recordWriter, error) { return file.NewJSONLWriter(w), nil }},
	"har":    {"application/json", func(w io.Writer) (recordWriter, error) { return file.NewHARWriter(w, "panel"), nil }},
	"csv":    {"text/csv", newCSVWriter},
	"pcapng": {"application/octet-stream", func(w io.Writer) (recordWriter, error) { return pcap.NewWriter(w, "panel") }},
}

// save downloads the capture in a format: the end of a name, or html for the panel and the capture together.
// Credentials are hidden unless the person chose to keep them.
func (c *core) save(format string) {
	if format == "html" {
		c.share()
		return
	}
	f, ok := formats[format]
	if !ok {
		return
	}
	data, cut, err := c.captured(f.open)
	if err != nil {
		c.Note("The file could not be made: " + err.Error())
		return
	}
	name := c.fileName() + "." + format
	c.page.Download(name, f.mime, data)
	c.Note("Saved " + name + cutNote(cut))
}

// cutNote says of how many frames a file has only the beginning.
func cutNote(cut uint64) string {
	if cut == 0 {
		return ""
	}
	return "; it has only the beginning of " + format.Plural(cut, "payload") + ", as the capture does"
}

// captured returns the capture as a file, and of how many frames it has only the beginning.
func (c *core) captured(open func(io.Writer) (recordWriter, error)) (data []byte, cut uint64, err error) {
	var out bytes.Buffer
	w, err := open(&out)
	if err != nil {
		return nil, 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.model.Step(1 << 16) { // the filter may not have come to every row
	}
	err = c.model.Records(func(r *record.Record) error {
		if !c.keepSecrets {
			r = redact.Record(r)
		}
		if r.IsCut() {
			cut++
		}
		return w.Write(r)
	})
	if e := w.Close(); err == nil {
		err = e
	}
	return out.Bytes(), cut, err
}

func (c *core) share() {
	data, cut, err := c.captured(formats["tscap"].open)
	if err != nil {
		c.Note("The file could not be made: " + err.Error())
		return
	}
	name := c.fileName()
	c.Note("Making " + name + ".html…")
	c.page.Share(name, data, func(problem string) {
		if problem != "" {
			c.Note("The file could not be made: " + problem)
			return
		}
		c.Note("Saved " + name + ".html" + cutNote(cut))
	})
}

// fileName is the name of files that are saved, without its end.
func (c *core) fileName() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return "tetherscope"
	}
	return "tetherscope-" + plainName(c.file.name)
}

// plainName keeps of a file's name what every system takes.
func plainName(s string) string {
	out := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			out = append(out, c)
		case c == '.' || c == ' ':
			out = append(out, '-')
		}
	}
	return string(out[:min(len(out), 60)])
}
