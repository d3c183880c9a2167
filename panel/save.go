package panel

import (
	"bytes"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/secret"
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
	"tscap":  {"application/octet-stream", func(w io.Writer) (recordWriter, error) { return record.NewFileWriter(w), nil }},
	"jsonl":  {"application/jsonl", func(w io.Writer) (recordWriter, error) { return record.NewJSONLWriter(w), nil }},
	"har":    {"application/json", func(w io.Writer) (recordWriter, error) { return record.NewHARWriter(w, "panel"), nil }},
	"pcapng": {"application/octet-stream", func(w io.Writer) (recordWriter, error) { return capture.NewWriter(w, "panel") }},
}

// Save hands the capture to the person in a format: the end of a name, or html for the panel and the capture together.
// Credentials are hidden unless the person chose to keep them.
func (d *Desk) Save(format string) {
	if format == "html" {
		d.share()
		return
	}
	f, ok := formats[format]
	if !ok {
		return
	}
	data, err := d.captured(f.open)
	if err != nil {
		d.Note("The file could not be made: " + err.Error())
		return
	}
	name := d.fileName() + "." + format
	d.page.Download(name, f.mime, data)
	d.Note("Saved " + name)
}

// captured returns the capture as a file.
func (d *Desk) captured(open func(io.Writer) (recordWriter, error)) ([]byte, error) {
	var out bytes.Buffer
	w, err := open(&out)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.model.Step(1 << 16) { // the filter may not have come to every row
	}
	err = d.model.Records(func(r *record.Record) error {
		if !d.secret {
			r = secret.Record(r)
		}
		return w.Write(r)
	})
	if e := w.Close(); err == nil {
		err = e
	}
	return out.Bytes(), err
}

func (d *Desk) share() {
	data, err := d.captured(formats["tscap"].open)
	if err != nil {
		d.Note("The file could not be made: " + err.Error())
		return
	}
	name := d.fileName()
	d.Note("Making " + name + ".html…")
	d.page.Share(name, data, func(problem string) {
		if problem != "" {
			d.Note("The file could not be made: " + problem)
			return
		}
		d.Note("Saved " + name + ".html")
	})
}

// fileName is the name of files that are saved, without its end.
func (d *Desk) fileName() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		return "tetherscope"
	}
	return "tetherscope-" + plainName(d.file.name)
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
