package controller

import (
	"io"
	"strconv"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// openFile is a capture file that is shown.
type openFile struct {
	name  string
	names []string // of the files, if several are open
	size  int64
	read  atomic.Int64

	// Under the core's lock.
	records uint64
	damage  []string
	more    int // damages that are not listed
	omitted []string
	done    bool
	problem string
	secrets bool // handshakes in it have credentials
}

// FileView is the capture file that is shown, as the view draws it.
type FileView struct {
	Open    bool
	Name    string
	Percent int
	Done    bool
	Records uint64
	Damage  []string
	More    int
	Omitted []string // what was passed over, by reason
	Problem string
	Secrets bool // handshakes in it have credentials
	Files   int  // that are open together, 0 for a single one
}

func (f *openFile) view() FileView {
	if f == nil {
		return FileView{}
	}
	percent := 100
	if f.size > 0 {
		percent = int(min(100, f.read.Load()*100/f.size))
	}
	return FileView{true, f.name, percent, f.done, f.records, f.damage, f.more, f.omitted, f.problem, f.secrets, len(f.names)}
}

// counted reads one of the files that are opened, and counts.
type counted struct {
	r io.Reader
	f *openFile
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.f.read.Add(int64(n))
	return n, err
}

// Summary says in a line how much was read.
func (f *FileView) Summary() string {
	out := format.Plural(f.Records, "record")
	if !f.Done {
		out += ", " + strconv.Itoa(f.Percent) + " % read…"
	}
	if n := len(f.Damage) + f.More; n > 0 {
		out += ", " + format.Plural(uint64(n), "damaged part")
	}
	return out
}
