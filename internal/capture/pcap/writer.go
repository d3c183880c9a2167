package pcap

import (
	"io"
	"net/netip"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxFill is how many bytes of a payload that the capture did not keep are written as zeros. What is cut off more ends
// its half: the file would be made of nothing else.
const maxFill = 16 << 20

// A file has at most fillFactor zeros for each byte of payload that was kept, and fillFree more: lengths that a small capture only
// claims make no large file.
const (
	fillFactor = 16
	fillFree   = 32 << 20
)

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
	clients map[netip.AddrPort]*flow // the newest of each address
	segment int                      // most payload bytes of a packet

	// Filled counts bytes that the capture did not keep: zeros stand for them, behind the rest of a character that was cut. Lost counts frames that could not be
	// written for that reason, or because they came after the end of their connection.
	Filled, Lost uint64

	kept uint64 // bytes of payload that the capture kept
}

// flow is one connection as packets.
type flow struct {
	ends     [2]netip.AddrPort // of the client, of the server
	next     [2]uint32         // sequence numbers, by record.Dir of what they send
	seen     [2]bool           // the request, the response
	cut      [2]bool           // the half cannot be gone on with
	text     [2]bool           // the message under way is text as it stands on the wire, not compressed
	finished bool
	marks    record.Marks // of what is being written
}

// NewWriter begins a pcapng file. version is that of the program. Call Close, or the last packets are lost.
func NewWriter(w io.Writer, version string) (*Writer, error) {
	file, err := packet.NewWriter(w, "tetherscope "+version, "packets made up around real WebSocket bytes; the server's port is always 80")
	if err != nil {
		return nil, err
	}
	return &Writer{file: file, flows: map[uint32]*flow{}, clients: map[netip.AddrPort]*flow{}, segment: segmentSize}, nil
}

// Close writes what is buffered. It does not close the writer beneath.
func (w *Writer) Close() error { return w.file.Flush() }

// Write writes the packets of a record. Records of the closing handshake have none: its frames have.
func (w *Writer) Write(r *record.Record) error {
	if r.Leg == record.LegUpstream || r.Kind == record.KindTransit {
		return nil // the same messages again, on the proxy's other side, or what no packet can say of them
	}
	f := w.flows[r.Conn]
	if f == nil || f.finished && r.Kind == record.KindRequest {
		f = w.newFlow(r)
		w.flows[r.Conn] = f
		if err := w.open(f, r.Time); err != nil {
			return err
		}
	}
	f.marks = r.Marks
	switch r.Kind {
	case record.KindRequest:
		f.seen[record.Out] = len(r.Head) > 0
		return w.data(f, record.Out, r.Time, http1Request(r.Head))
	case record.KindResponse:
		f.seen[record.In] = true
		return w.data(f, record.In, r.Time, http1Response(r.Head))
	case record.KindFrame:
		return w.frame(f, r)
	case record.KindEnd:
		return w.finish(f, r)
	case record.KindClose, record.KindBroken, record.KindNote, record.KindTransit:
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
	if o := r.Header.Opcode; o == frame.Text || o == frame.Binary {
		f.text[r.Dir] = o == frame.Text && r.Header.Rsv == 0
	}
	payload := r.Payload
	w.kept += uint64(len(payload))
	missing := r.Header.Length - min(uint64(len(payload)), r.Header.Length)
	switch {
	case r.Truncated:
		f.cut[r.Dir] = true // the stream ended inside the frame
	case missing > maxFill || w.Filled+missing > fillFree+fillFactor*w.kept:
		f.cut[r.Dir] = true
		w.Lost++
	case missing > 0:
		w.Filled += missing
		payload = f.fill(r, missing)
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

// fill returns the payload of a frame with zeros for the bytes that were not kept. A character of a text that was cut is
// completed: the text would not be UTF-8 to a reader of the file.
func (f *flow) fill(r *record.Record, missing uint64) []byte {
	out := append(make([]byte, 0, r.Header.Length), r.Payload...)
	if f.text[r.Dir] && !r.Header.Opcode.IsControl() {
		out = completeRune(out, missing)
	}
	return out[:r.Header.Length]
}

// completeRune appends to a text that ends inside a character bytes with which the character is valid, at most limit.
func completeRune(text []byte, limit uint64) []byte {
	for ; limit > 0; limit-- {
		tail := text[max(0, len(text)-utf8.UTFMax+1):]
		for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
			tail = tail[1:]
		}
		for len(tail) > 1 && utf8.FullRune(tail) {
			_, n := utf8.DecodeRune(tail)
			tail = tail[n:]
		}
		if utf8.FullRune(tail) || len(tail) == 0 {
			return text
		}
		next := byte(0x80)
		switch { // the second bytes that RFC 3629 §4 narrows
		case len(tail) == 1 && tail[0] == 0xE0:
			next = 0xA0
		case len(tail) == 1 && tail[0] == 0xF0:
			next = 0x90
		}
		text = append(text, next)
	}
	return text
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
