package record

import (
	"encoding/binary"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// MaxRun is the most bytes of a [Run].
const MaxRun = 64 << 10

// Run is frames of one direction that came together and are kept as they passed: [Run.Each] makes their records. It is what a tap gives to a
// ring, and what the ring keeps until a reader looks.
type Run struct {
	Time int64
	Conn uint32
	Dir  Dir
	frame.Run
	Bytes []byte // the frames, whole ones only
}

// kindRun is the kind of a run. It is used inside a ring only, where [AppendRun] writes it: no reader gets it.
const kindRun = 0xFF

// The bits of an encoded run.
const (
	runIn = 1 << iota
	runRepeated
)

// AppendRun appends the binary form of r, its length first. Behind the kind stands how many records it is, for [Entry].
func AppendRun(dst []byte, r *Run) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, kindRun) // as in [AppendRecord]
	dst = binary.AppendUvarint(dst, uint64(r.Frames))
	dst = append(dst, flag(r.Dir == In, runIn)|flag(r.Repeated, runRepeated))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.Time))
	dst = binary.AppendUvarint(dst, uint64(r.Conn))
	dst = binary.AppendUvarint(dst, r.Offset)
	dst = binary.AppendUvarint(dst, r.Message)
	return putLength(append(dst, r.Bytes...), start)
}

// readRun reads what stands behind the length and the kind of a run.
func readRun(b []byte) (r Run) {
	in := reader{b: b}
	r.Frames = in.uint32()
	bits := in.byte()
	if bits&runIn != 0 {
		r.Dir = In
	}
	r.Repeated = bits&runRepeated != 0
	if t := in.take(8); t != nil {
		r.Time = int64(binary.LittleEndian.Uint64(t))
	}
	r.Conn = in.uint32()
	r.Offset, r.Message = in.uvarint(), in.uvarint()
	r.Bytes = in.rest()
	return r
}

// Each calls each for the records of the frames, in order. The record is valid only during the call. Payloads alias r.Bytes, and are left masked
// where they are masked.
func (r *Run) Each(each func(*Record)) {
	rec := Record{
		Kind: KindFrame, Time: r.Time, Conn: r.Conn, Dir: r.Dir, Offset: r.Offset, Message: r.Message, Final: true, Frames: 1,
	}
	last, repeated := [4]byte{}, r.Repeated
	for p := r.Bytes; len(p) > 0; {
		h, n := frame.ParseHeader(p)
		if n == 0 || h.Length > uint64(len(p)-n) {
			return // the tap makes none
		}
		size := n + int(h.Length)
		rec.Header, rec.Payload, rec.LeftMasked = h, p[n:size:size], h.Masked
		rec.Wire, rec.Inflated = h.Length, h.Length
		rec.Violations = 0
		if repeated || h.Masked && rec.Offset > r.Offset && h.Key == last {
			rec.Violations = frame.RepeatedKey
		}
		each(&rec)
		last, repeated = h.Key, false
		rec.Message++
		rec.Offset += uint64(size)
		p = p[size:]
	}
}

// Entry returns the size of what [AppendRecord] or [AppendRun] put at the beginning of b, and how many records it is.
func Entry(b []byte) (size int, records uint64) {
	n, k := binary.Uvarint(b)
	size = k + int(n)
	if size <= k || b[k] != kindRun {
		return size, 1
	}
	records, _ = binary.Uvarint(b[k+1 : size])
	return size, records
}

// AppendEntries appends records from entries that [AppendRecord] and [AppendRun] have made: after the first skip records, count of them. Each
// becomes an entry of its own, with its payload unmasked, as a batch has them.
func AppendEntries(dst, entries []byte, skip, count uint64) []byte {
	x := expander{dst: dst, skip: skip, count: count}
	for len(entries) > 0 && x.count > 0 {
		size, records := Entry(entries)
		x.entry(entries[:size], records)
		entries = entries[size:]
	}
	return x.dst
}

// expander makes entries of a batch from those of a ring.
type expander struct {
	dst         []byte
	skip, count uint64
}

// entry appends the records of an entry that are wanted.
func (x *expander) entry(e []byte, records uint64) {
	if x.skip >= records {
		x.skip -= records
		return
	}
	_, k := binary.Uvarint(e)
	if k < len(e) && e[k] == kindRun {
		run := readRun(e[k+1:])
		run.Each(x.record)
		return
	}
	begin := len(x.dst)
	x.dst = append(x.dst, e...)
	unmaskEntry(x.dst[begin:])
	x.count--
}

// record appends a record of a run, if it is wanted.
func (x *expander) record(r *Record) {
	switch {
	case x.skip > 0:
		x.skip--
	case x.count > 0:
		begin := len(x.dst)
		x.dst = AppendRecord(x.dst, r)
		unmaskEntry(x.dst[begin:])
		x.count--
	}
}
