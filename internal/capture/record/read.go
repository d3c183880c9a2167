package record

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Error is a malformed batch: where in it, and what is wrong.
type Error struct {
	Offset int // byte offset in the batch
	Err    error
}

// Error says what is wrong and where.
func (e *Error) Error() string {
	return "record: at byte " + strconv.Itoa(e.Offset) + ": " + e.Err.Error()
}

// Unwrap returns the cause: [ErrVersion] or [ErrMalformed].
func (e *Error) Unwrap() error { return e.Err }

// The causes of an [Error].
var (
	ErrVersion   = errors.New("batch of a version that this program does not know: reload the page or update the program")
	ErrMalformed = errors.New("malformed batch: it was cut or damaged on the way")
)

// ReadBatch reads one batch and calls each for every record in order. The record and the slices in it are valid only
// during the call: they alias b. Records of unknown kinds are passed on with only the common fields set. When each
// returns false, reading stops without error. On an error, an [*Error], the records before it have been passed on; bytes
// behind the last record are one too.
func ReadBatch(b []byte, each func(*Record) bool) (Batch, error) {
	if len(b) == 0 || b[0] < 1 || b[0] > Version {
		return Batch{}, &Error{0, ErrVersion}
	}
	r := reader{b: b, at: 1}
	batch := Batch{First: r.uvarint(), Count: r.uvarint(), Missed: r.uvarint(), Evicted: r.uvarint()}
	var rec Record
	for i := uint64(0); i < batch.Count && !r.bad; i++ {
		body := r.bytes()
		if r.bad {
			break
		}
		rec = Record{Seq: batch.First + i}
		inner := reader{b: b, at: r.at - len(body), end: r.at, marks: b[0] >= 2}
		inner.record(&rec)
		if inner.bad {
			return batch, &Error{inner.at, ErrMalformed}
		}
		if !each(&rec) {
			return batch, nil
		}
	}
	if r.bad || r.at != len(b) {
		return batch, &Error{r.at, ErrMalformed}
	}
	return batch, nil
}

// Read reads the record that [AppendRecord] put at the beginning of b. Its slices alias b, and it has no number.
func Read(b []byte) (Record, error) {
	r := reader{b: b}
	body := r.bytes()
	var rec Record
	if r.bad {
		return rec, &Error{r.at, ErrMalformed}
	}
	inner := reader{b: b, at: r.at - len(body), end: r.at, marks: true}
	if inner.record(&rec); inner.bad {
		return Record{}, &Error{inner.at, ErrMalformed}
	}
	return rec, nil
}

// reader walks b up to end (0: all of it). After the first malformed byte it stays bad and returns zeros.
type reader struct {
	b   []byte
	at  int
	end int
	bad bool

	marks bool // the version of the batch knows marks
}

func (r *reader) rest() []byte {
	if r.end > 0 {
		return r.b[r.at:r.end]
	}
	return r.b[r.at:]
}

func (r *reader) take(n uint64) []byte {
	rest := r.rest()
	if r.bad || uint64(len(rest)) < n {
		r.bad = true
		return nil
	}
	r.at += int(n)
	return rest[:n:n]
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest())
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

// uint32 reads a uvarint that must fit in 32 bits.
func (r *reader) uint32() uint32 {
	v := r.uvarint()
	if v > math.MaxUint32 {
		r.bad = true
		return 0
	}
	return uint32(v)
}

func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) record(rec *Record) {
	rec.Kind = Kind(r.byte())
	way := r.byte()
	rec.Dir, rec.Leg = Dir(way&1), Leg(way>>1&1)
	flags := r.byte()
	if flags&flagPage != 0 {
		rec.Source = SourcePage
	}
	if t := r.take(8); t != nil {
		rec.Time = int64(binary.LittleEndian.Uint64(t))
	}
	rec.Conn = r.uint32()
	if flags&flagMarked != 0 && r.marks {
		rec.Marks = Marks(r.byte())
	}
	switch rec.Kind {
	case KindFrame:
		r.frame(rec, flags)
	case KindRequest:
		rec.Head = r.bytes()
		rec.Name = string(r.bytes())
		rec.Remote = string(r.bytes())
	case KindResponse:
		rec.Head = r.bytes()
	case KindClose, KindEnd, KindBroken:
		rec.By = Side(r.byte())
		if c := r.take(2); c != nil {
			rec.Code = binary.LittleEndian.Uint16(c)
		}
		rec.Offset = r.uvarint()
		rec.Reason = string(r.bytes())
		rec.Clean = flags&flagClean != 0
	case KindNote:
		rec.Name = string(r.bytes())
		rec.Reason = string(r.bytes())
	case KindTransit:
		rec.Transits = r.transits()
	}
	if way&timed != 0 {
		r.times(rec)
	}
	if way&cut != 0 && rec.Kind == KindFrame {
		rec.KeptPayload, rec.KeptBody = r.uvarint(), r.uvarint()
	}
	if way&moreMarks != 0 {
		rec.Marks |= Marks(r.byte()) << 8
	}
	if way&programmed != 0 && rec.Kind == KindRequest {
		rec.Program = r.program()
	}
	if way&noded != 0 && rec.Kind == KindRequest {
		rec.Node = string(r.bytes())
	}
}

func (r *reader) frame(rec *Record, flags byte) {
	b0 := r.byte()
	rec.Header = frame.Header{
		Fin:    b0&0x80 != 0,
		Rsv:    b0 >> 4 & 7,
		Opcode: frame.Opcode(b0 & 0xF),
		Size:   r.byte(),
		Masked: flags&flagMasked != 0,
	}
	if rec.Header.Size > frame.MaxHeaderSize {
		r.bad = true
	}
	if rec.Header.Masked {
		copy(rec.Header.Key[:], r.take(4))
	}
	rec.Header.Length = r.uvarint()
	rec.Offset = r.uvarint()
	rec.Violations = frame.Violations(r.uvarint())
	rec.Message = r.uvarint()
	rec.Payload = r.bytes()
	rec.Truncated = flags&flagTruncated != 0
	rec.Compressed = flags&flagCompressed != 0
	if flags&flagFinal == 0 {
		return
	}
	rec.Final = true
	rec.Frames = r.uint32()
	rec.Wire = r.uvarint()
	rec.Inflated = r.uvarint()
	if flags&flagBody != 0 {
		rec.Body = r.bytes()
	}
}
