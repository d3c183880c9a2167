package capture

import (
	"io"
	"net/netip"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/packet"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxFill is how many bytes of a payload that the capture did not keep are written as zeros. What is cut off more ends
// its half: the file would be made of nothing else.
const maxFill = 16 << 20

// madeUpRequest and madeUpResponse stand for a handshake that was before the capture began.
const (
	madeUpRequest = "GET / HTTP/1.1\r\nHost: unknown\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Tetherscope: made up, the capture begins later\r\n\r\n"
	madeUpResponse = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// Writer writes records as a pcapng file. It is for one goroutine.
type Writer struct {
	file    *packet.Writer
	buf     []byte
	flows   map[uint32]*flow
	segment int // most payload bytes of a packet

	// Filled counts bytes that the capture did not keep: zeros stand for them. Lost counts frames that could not be
	// written for that reason, or because they came after the end of their connection.
	Filled, Lost uint64
}

// flow is one connection as packets.
type flow struct {
	ends     [2]netip.AddrPort // of the client, of the server
	next     [2]uint32         // sequence numbers, by record.Dir of what they send
	seen     [2]bool           // the request, the response
	cut      [2]bool           // the half cannot be gone on with
	finished bool
	marks    record.Marks // of what is being written
}

// NewWriter begins a pcapng file. version is that of the program. Call Close, or the last packets are lost.
func NewWriter(w io.Writer, version string) (*Writer, error) {
	file, err := packet.NewWriter(w, "tetherscope "+version, "packets made up around real WebSocket bytes; the server's port is always 80")
	if err != nil {
		return nil, err
	}
	return &Writer{file: file, flows: map[uint32]*flow{}, segment: segmentSize}, nil
}

// Close writes what is buffered. It does not close the writer beneath.
func (w *Writer) Close() error { return w.file.Flush() }

// Write writes the packets of a record. Records of the closing handshake have none: its frames have.
func (w *Writer) Write(r *record.Record) error {
	if r.Leg == record.LegUpstream || r.Kind == record.KindPassed {
		return nil // the same messages again, on the proxy's other side, or what no packet can say of them
	}
	f := w.flows[r.Conn]
	if f == nil || f.finished && r.Kind == record.KindRequest {
		f = newFlow(r)
		w.flows[r.Conn] = f
		if err := w.open(f, r.Time); err != nil {
			return err
		}
	}
	f.marks = r.Marks
	switch r.Kind {
	case record.KindRequest:
		f.seen[record.Out] = len(r.Head) > 0
		return w.data(f, record.Out, r.Time, r.Head)
	case record.KindResponse:
		f.seen[record.In] = true
		return w.data(f, record.In, r.Time, r.Head)
	case record.KindFrame:
		return w.frame(f, r)
	case record.KindEnd:
		return w.finish(f, r)
	case record.KindClose, record.KindBroken, record.KindNote, record.KindPassed:
	}
	return nil
}

// frame writes a frame as it stood on the wire.
func (w *Writer) frame(f *flow, r *record.Record) error {
	if f.finished || f.cut[r.Dir] {
		w.Lost++
		return nil
	}
	if err := w.handshake(f, r.Time); err != nil {
		return err
	}
	payload := r.Payload
	missing := r.Header.Length - min(uint64(len(payload)), r.Header.Length)
	switch {
	case r.Truncated:
		f.cut[r.Dir] = true // the stream ended inside the frame
	case missing > maxFill:
		f.cut[r.Dir] = true
		w.Lost++
	case missing > 0:
		w.Filled += missing
		payload = append(append(make([]byte, 0, r.Header.Length), payload...), make([]byte, missing)...)
	}
	out := frame.AppendHeader(nil, r.Header)
	at := len(out)
	out = append(out, payload...)
	if r.Header.Masked {
		for i := range out[at:] {
			out[at+i] ^= r.Header.Key[i&3]
		}
	}
	return w.data(f, r.Dir, r.Time, out)
}

// handshake makes one up where the capture has none, so that what follows is taken for WebSocket.
func (w *Writer) handshake(f *flow, at int64) error {
	for dir, head := range []string{madeUpRequest, madeUpResponse} {
		if f.seen[dir] {
			continue
		}
		f.seen[dir] = true
		if err := w.data(f, record.Dir(dir), at, []byte(head)); err != nil {
			return err
		}
	}
	return nil
}
