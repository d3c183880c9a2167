package file

import (
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Writer writes records to a capture file, in batches of about 64 KiB. It is for one goroutine.
type Writer struct {
	w     io.Writer
	out   []byte
	recs  []byte // encoded, not yet written
	batch record.Batch
	next  uint64 // number that follows without a gap
	begun bool
}

// NewWriter returns a writer of a capture file. Call Close, or the last records are lost.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write takes a record. A hole before its number becomes a gap.
func (f *Writer) Write(r *record.Record) error {
	if f.batch.Count > 0 && (r.Seq != f.next || len(f.recs) >= 64<<10) {
		if err := f.Flush(); err != nil {
			return err
		}
	}
	if f.batch.Count == 0 {
		f.batch.First = r.Seq
		if f.next > 0 && r.Seq > f.next {
			f.batch.Missed = r.Seq - f.next
		}
	}
	f.recs = record.AppendRecord(f.recs, r)
	f.batch.Count++
	f.next = r.Seq + 1
	return nil
}

// Flush writes what was taken so far, as one write.
func (f *Writer) Flush() error {
	f.out = f.out[:0]
	if !f.begun {
		f.out = AppendHeader(f.out)
	}
	if f.batch.Count > 0 {
		f.out = AppendBlock(f.out, append(record.AppendBatch(nil, f.batch), f.recs...))
	}
	f.begun, f.recs, f.batch = true, f.recs[:0], record.Batch{}
	if len(f.out) == 0 {
		return nil
	}
	_, err := f.w.Write(f.out)
	return err
}

// Close flushes. It does not close the writer beneath.
func (f *Writer) Close() error { return f.Flush() }
