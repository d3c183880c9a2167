package record

import "io"

// FileWriter writes records to a capture file, in batches of about 64 KiB. It is for one goroutine.
type FileWriter struct {
	w     io.Writer
	out   []byte
	recs  []byte // encoded, not yet written
	batch Batch
	next  uint64 // number that follows without a gap
	begun bool
}

// NewFileWriter returns a writer of a capture file. Call Close, or the last records are lost.
func NewFileWriter(w io.Writer) *FileWriter { return &FileWriter{w: w} }

// Write takes a record. A hole before its number becomes a gap.
func (f *FileWriter) Write(r *Record) error {
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
	f.recs = AppendRecord(f.recs, r)
	f.batch.Count++
	f.next = r.Seq + 1
	return nil
}

// Flush writes what was taken so far, as one write.
func (f *FileWriter) Flush() error {
	f.out = f.out[:0]
	if !f.begun {
		f.out = AppendFileHeader(f.out)
	}
	if f.batch.Count > 0 {
		f.out = AppendBlock(f.out, append(AppendBatch(nil, f.batch), f.recs...))
	}
	f.begun, f.recs, f.batch = true, f.recs[:0], Batch{}
	if len(f.out) == 0 {
		return nil
	}
	_, err := f.w.Write(f.out)
	return err
}

// Close flushes. It does not close the writer beneath.
func (f *FileWriter) Close() error { return f.Flush() }
