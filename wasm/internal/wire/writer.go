package wire

import (
	"encoding/binary"
	"io"
	"sync"
)

// coalesce is how much is collected for one write, and up to which size a frame is copied for that.
const coalesce = 16 << 10

// batches are the memory of what is collected, for all connections: one that is idle holds none.
var batches = sync.Pool{New: func() any { b := make([]byte, 0, coalesce); return &b }}

// Writer writes what a client sends. One goroutine uses it at a time. Small frames are collected until Flush.
type Writer struct {
	// Between is called between two frames of a message, and may write control frames. Its error ends the message there.
	Between func() error

	dst      io.Writer
	buf      []byte
	shared   *[]byte // where buf came from; nil: there is none
	maxFrame int
	deflate  *deflater // nil: no extension
}

// NewWriter writes frames of at most maxFrame bytes of payload to w.
func NewWriter(w io.Writer, maxFrame int) *Writer { return &Writer{dst: w, maxFrame: maxFrame} }

// Message writes a message in as many frames as it needs. The payload is room[Headroom:]. All of room is overwritten:
// headers go in front of the payload, and it is masked where it is, so that nothing is copied.
func (w *Writer) Message(text bool, room []byte) error {
	first := byte(opBinary)
	if text {
		first = opText
	}
	if w.deflate != nil && len(room)-Headroom >= w.deflate.threshold {
		packed, err := w.deflate.message(room[Headroom:])
		if err != nil {
			return err
		}
		room, first = packed, first|rsv1Bit
	}
	for from := Headroom; ; {
		to := min(from+w.maxFrame, len(room))
		if to == len(room) {
			return w.frame(first|finBit, room, from, to)
		}
		if err := w.frame(first, room, from, to); err != nil {
			return err
		}
		from, first = to, opContinuation
		if err := w.Between(); err != nil {
			return err
		}
	}
}

// frame writes the payload room[from:to] as one frame. The bytes before it are not needed any more.
func (w *Writer) frame(first byte, room []byte, from, to int) error {
	key := newKey()
	n := putHeader(room[:from], first, to-from, key)
	mask(room[from:to], key)
	b := room[from-n : to]
	if len(b) > coalesce {
		if err := w.Flush(); err != nil {
			return err
		}
		_, err := w.dst.Write(b)
		return err
	}
	if len(w.buf)+len(b) > coalesce {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if w.shared == nil {
		w.shared = batches.Get().(*[]byte)
		w.buf = *w.shared
	}
	w.buf = append(w.buf, b...)
	return nil
}

// Flush writes what was collected.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.dst.Write(w.buf)
	*w.shared = w.buf[:0]
	batches.Put(w.shared)
	w.shared, w.buf = nil, nil
	return err
}

// Ping writes a ping.
func (w *Writer) Ping(p []byte) error { return w.control(opPing, p) }

// Pong writes a pong.
func (w *Writer) Pong(p []byte) error { return w.control(opPong, p) }

// Close writes a close frame and flushes. Code 1005 is none; reason must fit.
func (w *Writer) Close(code int, reason string) error {
	var p []byte
	if code != noStatus {
		p = append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	}
	if err := w.control(opClose, p); err != nil {
		return err
	}
	return w.Flush()
}

func (w *Writer) control(op byte, p []byte) error {
	room := append(make([]byte, Headroom, Headroom+maxControl), p[:min(len(p), maxControl)]...)
	return w.frame(finBit|op, room, Headroom, len(room))
}
