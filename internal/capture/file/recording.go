package file

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Recording writes batches to a run of capture files. It is for one goroutine.
type Recording struct {
	Name   string                           // of the first file
	Limit  int64                            // bytes after which a new file begins; 0 for never
	Force  bool                             // replace existing files
	Report func(format string, args ...any) // takes warnings, such as lost records

	file    *os.File
	size    int64
	names   []string
	records uint64
}

// Open begins the first file, so that a name that cannot be used is an error before anything is recorded.
func (f *Recording) Open() error { return f.next() }

// Names returns the files begun so far.
func (f *Recording) Names() []string { return f.names }

// Records returns how many records were written.
func (f *Recording) Records() uint64 { return f.records }

// Write appends a whole batch, which stands in block behind [BlockHead] free bytes, which are overwritten.
func (f *Recording) Write(block []byte) error {
	batch := block[BlockHead:]
	head, err := record.ReadBatch(batch, func(*record.Record) bool { return false })
	if err != nil {
		return err
	}
	if head.Missed > 0 {
		f.Report("%d records before number %d were lost: they came faster than they could be written\n", head.Missed, head.First)
	}
	if f.Limit > 0 && f.size+int64(len(block)) > f.Limit && f.records > 0 {
		if err := f.next(); err != nil {
			return err
		}
	}
	SealBlock(block)
	n, err := f.file.Write(block)
	f.size += int64(n)
	if err != nil {
		return err
	}
	f.records += head.Count
	return nil
}

// next begins the next file: today.tscap, today-2.tscap, today-3.tscap.
func (f *Recording) next() error {
	if err := f.Close(); err != nil {
		return err
	}
	name := f.Name
	if n := len(f.names) + 1; n > 1 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	file, err := Create(name, f.Force)
	if err != nil {
		return err
	}
	f.file = file
	f.names = append(f.names, name)
	n, err := file.Write(AppendHeader(nil))
	f.size = int64(n)
	return err
}

// Close puts the current file on the disk.
func (f *Recording) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Sync()
	if e := f.file.Close(); err == nil {
		err = e
	}
	f.file = nil
	return err
}

// ExistsError says that a file exists already. It is [fs.ErrExist].
type ExistsError struct{ Name string }

// Error says what to do.
func (e *ExistsError) Error() string { return e.Name + " exists already: choose another name" }

// Unwrap returns [fs.ErrExist].
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// Create makes a file that only its owner can read: captures hold what people say. An existing file is left
// alone unless force: that is an [*ExistsError].
func Create(name string, force bool) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !force {
		flags |= os.O_EXCL
	}
	file, err := os.OpenFile(name, flags, 0o600)
	if os.IsExist(err) {
		return nil, &ExistsError{name}
	}
	return file, err
}
