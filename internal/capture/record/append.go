package record

import "encoding/binary"

// Version is the first byte of every batch. A reader refuses a batch of a later version, so that no program shows what it
// does not understand as if it did. Version 2 knows marks; a batch of version 1 has none.
const Version = 2

// Flags of an encoded frame record.
const (
	flagTruncated = 1 << iota
	flagFinal
	flagCompressed
	flagBody
	flagMasked
	flagClean
	flagMarked // since version 2: a byte of marks follows the connection
	flagPage
)

// moreMarks is the bit, in the byte of side and direction, that says that a second byte of marks stands at the end of the record: older
// readers, which do not look there, read the rest.
const moreMarks = 1 << 4

// MaxBatch is the largest batch in bytes that the feed sends and a capture file holds.
const MaxBatch = 64 << 20

// Batch is the header of a run of encoded records.
type Batch struct {
	First   uint64 // sequence number of the first record
	Count   uint64 // records in the batch
	Missed  uint64 // records lost just before First: the gap
	Evicted uint64 // records that the ring has evicted since it began
}

// AppendBatch appends the header of a batch to dst. The caller appends exactly Count encoded records after it.
func AppendBatch(dst []byte, b Batch) []byte {
	dst = append(dst, Version)
	dst = binary.AppendUvarint(dst, b.First)
	dst = binary.AppendUvarint(dst, b.Count)
	dst = binary.AppendUvarint(dst, b.Missed)
	return binary.AppendUvarint(dst, b.Evicted)
}

// AppendRecord appends the binary form of r, its length first. Seq is not written: the batch header gives it.
func AppendRecord(dst []byte, r *Record) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0) // room for the length, moved below when it needs less or more
	dst = append(dst, byte(r.Kind), byte(r.Leg)<<1|byte(r.Dir)|flag(r.hasTimes(), timed)|flag(r.isCut(), cut)|flag(r.Marks>>8 != 0, moreMarks)|flag(r.hasProgram(), programmed)|flag(r.LeftMasked, leftMasked)|flag(r.hasNode(), noded), r.flags())
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.Time))
	dst = binary.AppendUvarint(dst, uint64(r.Conn))
	if r.Marks&0xFF != 0 {
		dst = append(dst, byte(r.Marks))
	}
	if r.Kind == KindFrame {
		dst = appendFrame(dst, r)
	} else {
		dst = appendOther(dst, r)
	}
	if r.hasTimes() || r.isCut() || r.Marks>>8 != 0 || r.hasProgram() || r.hasNode() {
		dst = appendTail(dst, r)
	}
	return putLength(dst, start)
}

// appendOther appends what only records that are no frames have. It is not inlined, and neither is appendTail: the goroutine of a
// connection records its frames, and its stack would grow with what others need.
//
//go:noinline
func appendOther(dst []byte, r *Record) []byte {
	switch r.Kind {
	case KindFrame: // see appendFrame
	case KindRequest:
		dst = appendBytes(dst, r.Head)
		dst = appendString(dst, r.Name)
		dst = appendString(dst, r.Remote)
	case KindResponse:
		dst = appendBytes(dst, r.Head)
	case KindClose, KindEnd, KindBroken:
		dst = append(dst, byte(r.By))
		dst = binary.LittleEndian.AppendUint16(dst, r.Code)
		dst = binary.AppendUvarint(dst, r.Offset)
		dst = appendString(dst, r.Reason)
	case KindNote:
		dst = appendString(dst, r.Name)
		dst = appendString(dst, r.Reason)
	case KindTransit:
		dst = appendTransits(dst, r.Transits)
	}
	return dst
}

// appendTail appends what stands at the end of a record, if it has it.
//
//go:noinline
func appendTail(dst []byte, r *Record) []byte {
	if r.hasTimes() {
		dst = appendTimes(dst, r)
	}
	if r.isCut() {
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, r.KeptPayload), r.KeptBody)
	}
	if r.Marks>>8 != 0 {
		dst = append(dst, byte(r.Marks>>8))
	}
	if r.hasProgram() {
		dst = appendProgram(dst, r.Program)
	}
	if r.hasNode() {
		dst = appendString(dst, r.Node)
	}
	return dst
}

func (r *Record) flags() byte {
	return flag(r.Truncated, flagTruncated) | flag(r.Final, flagFinal) | flag(r.Compressed, flagCompressed) |
		flag(r.Body != nil, flagBody) | flag(r.Header.Masked, flagMasked) | flag(r.Clean, flagClean) | flag(r.Marks&0xFF != 0, flagMarked) |
		flag(r.Source == SourcePage, flagPage)
}

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

func appendFrame(dst []byte, r *Record) []byte {
	h := r.Header
	b0 := h.Rsv<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		b0 |= 0x80
	}
	dst = append(dst, b0, h.Size)
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	dst = binary.AppendUvarint(dst, h.Length)
	dst = binary.AppendUvarint(dst, r.Offset)
	dst = binary.AppendUvarint(dst, uint64(r.Violations))
	dst = binary.AppendUvarint(dst, r.Message)
	dst = appendBytes(dst, r.Payload)
	if !r.Final {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(r.Frames))
	dst = binary.AppendUvarint(dst, r.Wire)
	dst = binary.AppendUvarint(dst, r.Inflated)
	if r.Body != nil {
		dst = appendBytes(dst, r.Body)
	}
	return dst
}

func appendBytes(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// putLength writes the length of dst[start+3:] into the three bytes kept for it, as a uvarint padded to three bytes
// (up to 2 MiB - 1), or moves the record up for a longer one.
func putLength(dst []byte, start int) []byte {
	n := len(dst) - start - 3
	if n < 1<<21 {
		dst[start] = byte(n) | 0x80
		dst[start+1] = byte(n>>7) | 0x80
		dst[start+2] = byte(n >> 14)
		return dst
	}
	var buf [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(buf[:], uint64(n))
	dst = append(dst, buf[:k-3]...)
	copy(dst[start+k:], dst[start+3:start+3+n])
	copy(dst[start:], buf[:k])
	return dst
}
