package controller

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// Limits of files: a HAR file is in memory whole while it is read; the first damaged parts are listed, the rest counted.
const (
	maxHAR       = 256 << 20
	maxDamage    = 5
	maxOmitted   = 32
	maxFileBatch = 256 << 10
)

var (
	errHARSize = errors.New("a HAR file of more than 256 MiB: make a smaller one of it with `tetherscope convert`, to .tscap")
	errLeft    = errors.New("another file was opened")

	errNotBeside = errors.New("it was not opened with the HAR file")
)

// File is a file that a person chose or dropped. Size is in bytes.
type File struct {
	Name   string
	Size   int64
	Reader io.Reader
	Again  func() io.Reader // returns a reader from the beginning; nil when the file can be read once only

	label string // what it is called beside others that are open
}

// open reads capture files as one capture into a model of its own; the live capture goes on beside it. It returns when all is
// read, or when other files are opened; what could be read stays. Key logs among the files decrypt them, the captures that are shown when there
// are no others, and those that are opened later.
func (c *core) open(files []File) {
	files, secrets, err := c.takeKeys(files)
	if len(files) == 0 && err == nil {
		if files = c.again(); len(files) == 0 {
			c.Note(format.Plural(uint64(secrets), "secret") + " of TLS connections read: open the capture that they belong to")
			return
		}
	}
	f := &openFile{name: namesOf(files)}
	for i, one := range files {
		f.size += one.Size
		if len(files) > 1 {
			files[i].label = f.uniqueName(one.Name)
		}
	}
	c.mu.Lock()
	b := &batcher{core: c, file: f, target: c.live.Fresh(), keys: c.keyring.keys}
	c.keep(files)
	c.model, c.file, c.drawn = b.target, f, 0
	c.note = ""
	c.mu.Unlock()
	c.wake()
	if err == nil {
		err = b.readAll(files)
	}
	c.mu.Lock()
	f.done = true
	if err != nil {
		f.problem = err.Error()
	}
	c.mu.Unlock()
	c.wake()
}

// namesOf names files that are opened together.
func namesOf(files []File) string {
	switch len(files) {
	case 0:
		return ""
	case 1:
		return files[0].Name
	}
	return files[0].Name + " and " + format.Plural(uint64(len(files)-1), "other file")
}

// uniqueName returns what a file is called beside others, which may have the same name, and notes it.
func (f *openFile) uniqueName(name string) string {
	unique := model.FileName(name)
	for n := 2; slices.Contains(f.names, unique); n++ {
		unique = model.FileName(name) + " (" + strconv.Itoa(n) + ")"
	}
	f.names = append(f.names, unique)
	return unique
}

// back shows the live capture again.
func (c *core) back() {
	c.mu.Lock()
	c.model, c.file, c.drawn = c.live, nil, 0
	text := c.model.Status().Draft
	c.mu.Unlock()
	c.putFilter(text)
	c.wake()
}

// batcher puts the records of a file into its model, many at a time.
type batcher struct {
	core   *core
	file   *openFile
	target *model.Model
	head   record.Batch
	bytes  []byte
	next   uint64

	left     []File // to be read
	together bool   // they were several
	name     string // of the file that is read
	label    string // and what it is called beside others
	series   file.Series
	keys     *pcap.KeyLog
}

// readAll reads files one after the other. One that a HAR file names is a part of that.
func (b *batcher) readAll(files []File) error {
	b.left = slices.Clone(files)
	slices.SortStableFunc(b.left, func(x, y File) int { return file.CompareNames(x.Name, y.Name) })
	b.together = len(files) > 1
	for i := range b.left {
		b.left[i].Reader = b.file.reader(b.left[i].Reader)
	}
	for len(b.left) > 0 {
		f := b.left[0]
		b.left = b.left[1:]
		b.name, b.label = f.Name, f.label
		b.series.Begin()
		if err := b.read(f); err != nil {
			if !b.together || errors.Is(err, errLeft) {
				return err
			}
			b.damaged(&record.Damage{Err: err})
		}
	}
	return nil
}

func (b *batcher) read(f File) error {
	if f.Size > maxHAR && strings.HasSuffix(strings.ToLower(f.Name), ".har") {
		return errHARSize
	}
	v := record.Visitor{Record: b.take, Damage: b.damaged, Omitted: b.omitted}
	err := file.ReadAnyWith(f.Reader, f.Name, file.Options{Keys: b.keys, Beside: b.beside}, v)
	if e := b.flush(); err == nil {
		err = e
	}
	return err
}

// beside gives a HAR file one of the files that were opened with it.
func (b *batcher) beside(name string) (io.ReadCloser, error) {
	i := slices.IndexFunc(b.left, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, errNotBeside
	}
	r := b.left[i].Reader
	b.left = slices.Delete(b.left, i, i+1)
	return io.NopCloser(r), nil
}

func (b *batcher) take(r *record.Record) error {
	b.series.Number(r)
	if b.head.Count > 0 && (r.Seq != b.next || len(b.bytes) > maxFileBatch) {
		if err := b.flush(); err != nil {
			return err
		}
	}
	if b.head.Count == 0 {
		b.head.First = r.Seq
	}
	b.bytes = record.AppendRecord(b.bytes, b.redacted(r))
	b.head.Count++
	b.next = r.Seq + 1
	return nil
}

func (b *batcher) flush() error {
	if b.head.Count == 0 {
		return nil
	}
	c := b.core
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file != b.file {
		return errLeft
	}
	batch := append(record.AppendBatch(nil, b.head), b.bytes...)
	if b.together {
		b.target.Update(model.FileBatch{Bytes: batch, File: b.label})
	} else {
		b.target.Update(model.Batch{Bytes: batch})
	}
	b.file.records += b.head.Count
	b.head, b.bytes = record.Batch{}, b.bytes[:0]
	c.wake()
	return nil
}

func (b *batcher) damaged(e *record.Damage) {
	b.core.mu.Lock()
	defer b.core.mu.Unlock()
	if len(b.file.damage) == maxDamage {
		b.file.more++
		return
	}
	text := b.said(e.Error())
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	b.file.damage = append(b.file.damage, strings.ToValidUTF8(text, "\uFFFD"))
}

func (b *batcher) omitted(o *record.Omission) {
	b.core.mu.Lock()
	defer b.core.mu.Unlock()
	if len(b.file.omitted) < maxOmitted {
		b.file.omitted = append(b.file.omitted, strings.ToValidUTF8(b.said(o.String()), "\uFFFD"))
	}
}

// said puts the name of the file before what is said of it, when there are several.
func (b *batcher) said(text string) string {
	if b.together {
		return b.name + ": " + text
	}
	return text
}
