package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Version is the version of the capture file's frame around its batches, the byte behind [Magic].
const Version = 1

// Magic begins every capture file. Like PNG's it has a byte over 127 and line ends, so that a copy that took the file
// for text is found out.
const Magic = "\x8ATSC\r\n\x1A"

// BlockHead is the size of what stands before each batch: its length and its CRC-32C, both little-endian.
const BlockHead = 8

// The causes of damage in capture files.
var (
	ErrNotCapture = errors.New("not a tetherscope capture file")
	ErrNewer      = errors.New("a newer program wrote this capture file: update this one")
	ErrTail       = errors.New("the file ends inside a batch: what recorded it was stopped while writing; the records before are whole")
	ErrBlock      = errors.New("a batch is damaged: its checksum differs; it is passed over")
	ErrLength     = errors.New("a batch is damaged: its length cannot be; nothing behind it can be found")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendHeader appends what a capture file begins with.
func AppendHeader(dst []byte) []byte { return append(append(dst, Magic...), Version) }

// AppendBlock appends a batch as a capture file holds it. A file is its header and blocks, in order; it may end anywhere:
// [Read] keeps every whole record of a batch that was cut. Written with one write each, and nothing else, a file
// survives the end of its program at any moment.
func AppendBlock(dst, batch []byte) []byte {
	start := len(dst)
	dst = append(append(dst, make([]byte, BlockHead)...), batch...)
	SealBlock(dst[start:])
	return dst
}

// SealBlock makes a block of a batch that stands behind [BlockHead] free bytes, so that a batch need not be copied.
func SealBlock(block []byte) {
	batch := block[BlockHead:]
	binary.LittleEndian.PutUint32(block, uint32(len(batch)))
	binary.LittleEndian.PutUint32(block[4:], crc32.Checksum(batch, castagnoli))
}

// Read reads a capture file. Numbers go up: a hole is a gap. Damage is reported and skipped when what follows can be
// found. The error is [ErrNotCapture], [ErrNewer], one of r, or of v.Record. It holds one batch in memory.
func Read(r io.Reader, v record.Visitor) error {
	var head [len(Magic) + 1]byte
	if n, err := io.ReadFull(r, head[:]); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	} else if n < len(head) || string(head[:len(Magic)]) != Magic {
		return ErrNotCapture
	}
	if head[len(Magic)] != Version {
		return ErrNewer
	}
	f := reader{r: r, v: v, at: int64(len(head))}
	for {
		more, err := f.block()
		if err != nil || !more {
			return err
		}
	}
}

type reader struct {
	r    io.Reader
	v    record.Visitor
	at   int64 // offset of the next block
	buf  bytes.Buffer
	last uint64 // number of the last record
}

// block reads one block, and says whether another may follow.
func (f *reader) block() (more bool, err error) {
	var head [BlockHead]byte
	n, err := io.ReadFull(f.r, head[:])
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.v.ReportDamage(&record.Damage{Offset: f.at + int64(n), Err: ErrTail})
		return false, nil
	case err != nil:
		return false, err
	}
	size := int64(binary.LittleEndian.Uint32(head[:]))
	if size > record.MaxBatch {
		f.v.ReportDamage(&record.Damage{Offset: f.at, Err: ErrLength})
		return false, nil
	}
	f.buf.Reset()
	got, err := io.CopyN(&f.buf, f.r, size) // grows with what is there, not with what the length says
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	batch := f.buf.Bytes()
	if got == size && crc32.Checksum(batch, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		f.v.ReportDamage(&record.Damage{Offset: f.at, Err: ErrBlock})
		f.at += BlockHead + size
		return true, nil
	}
	if err := f.batch(batch, got < size); err != nil {
		return false, err
	}
	f.at += BlockHead + size
	return got == size, nil
}

// batch passes on the records of a batch, or the whole ones of one that is cut.
func (f *reader) batch(b []byte, cut bool) error {
	var failed error
	_, err := record.ReadBatch(b, func(r *record.Record) bool {
		failed = number(&f.v, r, &f.last)
		return failed == nil
	})
	switch {
	case failed != nil:
		return failed
	case cut:
		f.v.ReportDamage(&record.Damage{Offset: f.at + BlockHead + int64(len(b)), Err: ErrTail})
	case err != nil:
		f.v.ReportDamage(&record.Damage{Offset: f.at + BlockHead, Err: fmt.Errorf("a batch cannot be read: %w", err)})
	}
	return nil
}
