package rows

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// Row is one row of a store: a place in a chunk. It is a small value, valid until the row is evicted; the slices that it
// returns are valid until the next row is added.
type Row struct {
	store *Store
	chunk *chunk
	i     int
}

// ID returns the row's place in the run of all rows ever added.
func (r Row) ID() uint64 { return r.chunk.firstID + uint64(r.i) }

// Kind returns the kind of the record, [KindGap] for a gap.
func (r Row) Kind() record.Kind { return r.chunk.kind[r.i] }

// IsGap reports whether the row stands for missing records.
func (r Row) IsGap() bool { return r.chunk.kind[r.i] == KindGap }

// IsFrame reports whether the row is a frame.
func (r Row) IsFrame() bool { return r.chunk.kind[r.i] == record.KindFrame }

// IsControl reports whether a frame is a control frame (RFC 6455 §5.5).
func (r Row) IsControl() bool { return r.chunk.first[r.i]&8 != 0 }

// EndsMessage reports whether the row is the frame that ends a data message.
func (r Row) EndsMessage() bool { return r.IsFrame() && !r.IsControl() && r.Final() }

// Seq returns the number of the record; of a gap, that of the first missing record.
func (r Row) Seq() uint64 { return r.chunk.seq[r.i] }

// Time returns when the record was made, in ns since 1970 UTC.
func (r Row) Time() int64 { return r.chunk.time[r.i] }

// Offset returns the place of a frame's first byte in its direction, or of the byte at which decoding stopped.
func (r Row) Offset() uint64 { return r.chunk.offset[r.i] }

// EndOffset returns the place behind a frame's last byte in its direction.
func (r Row) EndOffset() uint64 {
	return r.chunk.offset[r.i] + uint64(r.chunk.size[r.i]) + r.chunk.length[r.i]
}

// Violations returns the rules of RFC 6455 and 7692 that a frame breaks.
func (r Row) Violations() frame.Violations { return frame.Violations(r.chunk.violations[r.i]) }

// Wrong reports whether the row is a frame that breaks a rule or a stream that cannot be decoded.
func (r Row) Wrong() bool {
	return r.chunk.violations[r.i] != 0 || r.chunk.kind[r.i] == record.KindBroken
}

// Message returns the number of a frame's message in its direction, 0 for none.
func (r Row) Message() uint64 { return r.chunk.message[r.i] }

// Length returns the declared payload length of a frame, in bytes.
func (r Row) Length() uint64 { return r.chunk.length[r.i] }

// Missing returns how many records a gap stands for.
func (r Row) Missing() uint64 { return r.chunk.length[r.i] }

// Gap returns why the records of a gap are missing.
func (r Row) Gap() GapReason { return GapReason(r.chunk.code[r.i]) }

// Wire returns the payload bytes that the message of a final frame took on the wire.
func (r Row) Wire() uint64 { return r.chunk.wire[r.i] }

// Inflated returns the bytes of the message of a final frame as the application gets it.
func (r Row) Inflated() uint64 { return r.chunk.inflated[r.i] }

// Delta returns the ns since the row before on the same connection, -1 for the first.
func (r Row) Delta() int64 { return r.chunk.delta[r.i] }

// ResponseTime returns of a pong or a response the ns since what it answers, 0 when it answers nothing.
func (r Row) ResponseTime() int64 { return r.chunk.response[r.i] }

// ProxyDelay returns how long a frame was in the proxy in ns, 0 when that is not known.
func (r Row) ProxyDelay() int64 { return r.chunk.delay[r.i] }

// Kept returns how many bytes of the payload, head or reason are kept.
func (r Row) Kept() uint32 {
	if w, ok := r.whole(); ok {
		return uint32(len(w.payload))
	}
	return r.chunk.kept[r.i]
}

// Conn returns the number of the connection, 0 for none.
func (r Row) Conn() uint32 { return r.chunk.conn[r.i] }

// Frames returns of how many frames the message of a final frame is; of another part, its place in the message.
func (r Row) Frames() uint32 { return r.chunk.frames[r.i] }

// Key returns the masking key of a masked frame.
func (r Row) Key() [4]byte { return r.chunk.key[r.i] }

// Code returns the close code of a connection's end.
func (r Row) Code() uint16 { return r.chunk.code[r.i] }

// Dir returns who sent it.
func (r Row) Dir() record.Dir { return record.Dir(r.chunk.stream[r.i] & 1) }

// Leg returns the leg of a proxied connection.
func (r Row) Leg() record.Leg { return record.Leg(r.chunk.stream[r.i] >> 1) }

// SameStream reports whether the row is of a leg and a direction.
func (r Row) SameStream(leg record.Leg, dir record.Dir) bool {
	return r.chunk.stream[r.i] == uint8(leg&1)<<1|uint8(dir&1)
}

// HasDir reports whether the row is something that one side sent.
func (r Row) HasDir() bool { return r.IsFrame() || r.chunk.kind[r.i] == record.KindBroken }

// Fin reports whether a frame has the FIN bit.
func (r Row) Fin() bool { return r.chunk.first[r.i]&0x80 != 0 }

// Rsv returns the reserved bits of a frame: 4 is RSV1, 1 is RSV3.
func (r Row) Rsv() byte { return r.chunk.first[r.i] >> 4 & 7 }

// Opcode returns the opcode of a frame as it is on the wire.
func (r Row) Opcode() frame.Opcode { return frame.Opcode(r.chunk.first[r.i] & 0xF) }

// MessageOpcode returns the opcode of a frame's message; Continuation when its first frame was not captured.
func (r Row) MessageOpcode() frame.Opcode { return r.chunk.opcode[r.i] }

// HeaderSize returns the bytes of a frame's header.
func (r Row) HeaderSize() uint8 { return r.chunk.size[r.i] }

// By returns who ended a connection.
func (r Row) By() record.Side { return record.Side(r.chunk.size[r.i]) }

// Marks returns what this program did to the frame.
func (r Row) Marks() record.Marks { return r.chunk.marks[r.i] }

// Truncated reports whether the stream broke off inside a frame.
func (r Row) Truncated() bool { return r.chunk.flags[r.i]&flagTruncated != 0 }

// Final reports whether a frame ends its data message.
func (r Row) Final() bool { return r.chunk.flags[r.i]&flagFinal != 0 }

// Compressed reports whether a frame is of a compressed message.
func (r Row) Compressed() bool { return r.chunk.flags[r.i]&flagCompressed != 0 }

// Masked reports whether a frame is masked.
func (r Row) Masked() bool { return r.chunk.flags[r.i]&flagMasked != 0 }

// Clean reports whether both sides sent a close frame before the connection ended.
func (r Row) Clean() bool { return r.chunk.flags[r.i]&flagClean != 0 }

// HasBody reports whether the message is kept apart from the frame's payload.
func (r Row) HasBody() bool { return r.chunk.flags[r.i]&flagHasBody != 0 }

// FromPage reports whether a page reported the row: nothing of the wire is known.
func (r Row) FromPage() bool { return r.chunk.flags[r.i]&flagFromPage != 0 }

// SetDelta notes the ns since the row before on the same connection.
func (r Row) SetDelta(ns int64) { r.chunk.delta[r.i] = ns }

// SetProxyDelay notes the ns that a frame was in the proxy.
func (r Row) SetProxyDelay(ns int64) { r.chunk.delay[r.i] = ns }
