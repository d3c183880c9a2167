package panel

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/capture"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// Mode is where the panel runs, and so what it can do.
type Mode string

// The modes.
const (
	ModeServer   Mode = "server"   // a page of the development server
	ModeDevtools Mode = "devtools" // a panel of the browser's own tools
	ModeShared   Mode = "shared"   // a file that somebody shared: there is only what is in it
)

// SetMode says where the panel runs. Call it before anything is drawn.
func (d *Desk) SetMode(m Mode) { d.mode = m }

// Limits of files: a HAR file is in memory whole while it is read; of damage the first are told, the rest counted.
const (
	maxHAR       = 256 << 20
	maxDamage    = 5
	maxFileBatch = 256 << 10
)

var (
	errHARSize = errors.New("a HAR file of more than 256 MiB: make a smaller one of it with `tetherscope convert`, to .tscap")
	errLeft    = errors.New("another file was opened")
)

// opened is a capture file that is looked at.
type opened struct {
	name     string
	size     int64
	read     atomic.Int64
	counting io.Reader

	// Under the desk's lock.
	records uint64
	damage  []string
	more    int // damages that are not told
	done    bool
	problem string
}

// fileView is what is drawn of it.
type fileView struct {
	Open    bool
	Name    string
	Percent int
	Done    bool
	Records uint64
	Damage  []string
	More    int
	Problem string
}

func (f *opened) view() fileView {
	if f == nil {
		return fileView{}
	}
	percent := 100
	if f.size > 0 {
		percent = int(min(100, f.read.Load()*100/f.size))
	}
	return fileView{true, f.name, percent, f.done, f.records, f.damage, f.more, f.problem}
}

// Read implements io.Reader, and counts.
func (f *opened) Read(p []byte) (int, error) {
	n, err := f.counting.Read(p)
	f.read.Add(int64(n))
	return n, err
}

// Open reads a capture file into a model of its own; the live capture goes on beside it. It returns when all is read, or
// when something else is looked at; what could be read stays to be looked at. Size is in bytes.
func (d *Desk) Open(name string, size int64, r io.Reader) {
	f := &opened{name: name, size: size, counting: r}
	d.mu.Lock()
	b := &batcher{desk: d, file: f, target: d.live.Fresh()}
	d.model, d.file, d.drawn = b.target, f, 0
	d.note, d.stats = "", false
	d.mu.Unlock()
	d.wake()
	err := b.read(name, size)
	d.mu.Lock()
	f.done = true
	if err != nil {
		f.problem = err.Error()
	}
	d.mu.Unlock()
	d.wake()
}

// Back looks at the live capture again.
func (d *Desk) Back() {
	d.mu.Lock()
	d.model, d.file, d.drawn = d.live, nil, 0
	text := d.model.Status().Draft
	d.mu.Unlock()
	d.putFilter(text)
	d.wake()
}

// batcher puts the records of a file into its model, many at a time.
type batcher struct {
	desk   *Desk
	file   *opened
	target *model.Model
	head   record.Batch
	bytes  []byte
	next   uint64
}

func (b *batcher) read(name string, size int64) error {
	if size > maxHAR && strings.HasSuffix(strings.ToLower(name), ".har") {
		return errHARSize
	}
	err := capture.ReadAny(b.file, name, record.Visitor{Record: b.take, Damage: b.damaged})
	if e := b.flush(); err == nil {
		err = e
	}
	return err
}

func (b *batcher) take(r *record.Record) error {
	if b.head.Count > 0 && (r.Seq != b.next || len(b.bytes) > maxFileBatch) {
		if err := b.flush(); err != nil {
			return err
		}
	}
	if b.head.Count == 0 {
		b.head.First = r.Seq
	}
	b.bytes = record.AppendRecord(b.bytes, r)
	b.head.Count++
	b.next = r.Seq + 1
	return nil
}

func (b *batcher) flush() error {
	if b.head.Count == 0 {
		return nil
	}
	d := b.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != b.file {
		return errLeft
	}
	b.target.Update(model.Batch{Bytes: append(record.AppendBatch(nil, b.head), b.bytes...)})
	b.file.records += b.head.Count
	b.head, b.bytes = record.Batch{}, b.bytes[:0]
	d.wake()
	return nil
}

func (b *batcher) damaged(e *record.Damage) {
	b.desk.mu.Lock()
	defer b.desk.mu.Unlock()
	if len(b.file.damage) == maxDamage {
		b.file.more++
		return
	}
	text := e.Error()
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	b.file.damage = append(b.file.damage, strings.ToValidUTF8(text, "\uFFFD"))
}

// fileSummary says in a line what was read.
func (f *fileView) summary() string {
	out := model.Count(f.Records) + " records"
	if !f.Done {
		out += ", " + strconv.Itoa(f.Percent) + " % read…"
	}
	if n := len(f.Damage) + f.More; n > 0 {
		out += ", " + model.Count(uint64(n)) + " damaged parts"
	}
	return out
}
