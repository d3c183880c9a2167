package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetherscope/tetherscope/internal/record"
)

// recording is a run of capture files that grows as batches come. Each batch leaves with one write.
type recording struct {
	io    *IO
	name  string // of the first file
	limit int64  // bytes after which a new file begins; 0 for never
	force bool

	file    *os.File
	size    int64
	files   int
	names   []string
	records uint64
	buf     []byte
}

// write appends a batch that a server sent.
func (r *recording) write(batch []byte) error {
	head, err := record.ReadBatch(batch, func(*record.Record) bool { return true })
	if err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("the server sent what is no batch: %w", err)}
	}
	if head.Missed > 0 {
		r.io.say("%d records before number %d were lost: they came faster than they could be written\n", head.Missed, head.First)
	}
	r.buf = r.buf[:0]
	if r.file == nil || r.limit > 0 && r.size+int64(len(batch)) > r.limit && r.size > 0 {
		if err := r.next(); err != nil {
			return err
		}
		r.buf = record.AppendFileHeader(r.buf)
	}
	r.buf = record.AppendBlock(r.buf, batch)
	n, err := r.file.Write(r.buf)
	r.size += int64(n)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	r.records += head.Count
	return nil
}

// next begins the next file: today.tscap, today-2.tscap, today-3.tscap.
func (r *recording) next() error {
	if err := r.close(); err != nil {
		return err
	}
	r.files++
	name := r.name
	if r.files > 1 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), r.files, ext)
	}
	f, err := createFile(name, r.force)
	if err != nil {
		return err
	}
	r.file, r.size = f, 0
	r.names = append(r.names, name)
	return nil
}

// close puts the current file on the disk.
func (r *recording) close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Sync()
	if e := r.file.Close(); err == nil {
		err = e
	}
	r.file = nil
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}
