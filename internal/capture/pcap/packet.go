package pcap

import (
	"net/netip"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// segmentSize is the most payload bytes of a packet.
const segmentSize = 32 << 10

// The servers of made-up packets: addresses kept for documentation (RFC 5737, RFC 3849), with the port of HTTP.
var (
	server4 = netip.MustParseAddrPort("192.0.2.80:80")
	server6 = netip.MustParseAddrPort("[2001:db8::80]:80")
)

// newFlow begins a connection. Its client has its real address, unless another connection that is open has the same: WebSockets over
// HTTP/2 share one.
func (w *Writer) newFlow(r *record.Record) *flow {
	f := &flow{}
	client, err := netip.ParseAddrPort(r.Remote)
	client = netip.AddrPortFrom(client.Addr().Unmap().WithZone(""), client.Port())
	if other := w.clients[client]; err != nil || other != nil && !other.finished {
		n := r.Conn
		client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 22), byte(n >> 14), byte(n>>6) | 1}), 49152+uint16(n%16384))
	}
	w.clients[client] = f
	f.ends = [2]netip.AddrPort{client, server4}
	if client.Addr().Is6() {
		f.ends[1] = server6
	}
	// Two connections may have the same addresses: far numbers keep them apart.
	f.next = [2]uint32{r.Conn * 0x9E3779B1, r.Conn*0x9E3779B1 + 1<<31}
	return f
}

// flags of a TCP segment.
type flags struct{ syn, ack, fin, rst bool }

// open writes the three packets by which TCP begins.
func (w *Writer) open(f *flow, at int64) error {
	for _, p := range []struct {
		dir record.Dir
		flags
	}{{record.Out, flags{syn: true}}, {record.In, flags{syn: true, ack: true}}, {record.Out, flags{ack: true}}} {
		if err := w.packet(f, p.dir, at, p.flags, nil); err != nil {
			return err
		}
	}
	return nil
}

// data writes bytes of one direction.
func (w *Writer) data(f *flow, dir record.Dir, at int64, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), w.segment)
		if err := w.packet(f, dir, at, flags{ack: true}, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// finish writes the end of a connection: a reset, or a FIN of each side.
func (w *Writer) finish(f *flow, r *record.Record) error {
	if f.finished {
		return nil
	}
	f.finished = true
	first := record.Out
	if r.By == record.SideServer {
		first = record.In
	}
	if strings.Contains(r.Reason, "RST") {
		return w.packet(f, first, r.Time, flags{rst: true, ack: true}, nil)
	}
	for _, dir := range []record.Dir{first, 1 - first} {
		if err := w.packet(f, dir, r.Time, flags{fin: true, ack: true}, nil); err != nil {
			return err
		}
	}
	return w.packet(f, first, r.Time, flags{ack: true}, nil)
}

// packet writes one packet.
func (w *Writer) packet(f *flow, dir record.Dir, at int64, fl flags, payload []byte) error {
	seg := packet.Segment{
		From: f.ends[dir], To: f.ends[1-dir], Seq: f.next[dir],
		SYN: fl.syn, ACK: fl.ack, FIN: fl.fin, RST: fl.rst, Payload: payload,
	}
	if fl.ack {
		seg.Ack = f.next[1-dir]
	}
	f.next[dir] += uint32(len(payload))
	if fl.syn || fl.fin {
		f.next[dir]++
	}
	w.buf = packet.AppendTCP(w.buf[:0], &seg, dir == record.In)
	return w.file.Write(at, w.buf, comment(f.marks))
}
