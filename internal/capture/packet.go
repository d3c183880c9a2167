package capture

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/tetherscope/tetherscope/internal/record"
)

// segmentSize is the most payload bytes of a packet.
const segmentSize = 32 << 10

// The servers of made-up packets: addresses kept for documentation (RFC 5737, RFC 3849), with the port of HTTP.
var (
	server4 = netip.MustParseAddrPort("192.0.2.80:80")
	server6 = netip.MustParseAddrPort("[2001:db8::80]:80")
)

func newFlow(r *record.Record) *flow {
	f := &flow{}
	client, err := netip.ParseAddrPort(r.Remote)
	if err != nil {
		n := r.Conn
		client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 22), byte(n >> 14), byte(n>>6) | 1}), 49152+uint16(n%16384))
	}
	client = netip.AddrPortFrom(client.Addr().Unmap().WithZone(""), client.Port())
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
	from, to := f.ends[dir], f.ends[1-dir]
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Seq: f.next[dir], Window: 65535,
		SYN: fl.syn, ACK: fl.ack, FIN: fl.fin, RST: fl.rst, PSH: len(payload) > 0,
	}
	if fl.ack {
		tcp.Ack = f.next[1-dir]
	}
	f.next[dir] += uint32(len(payload))
	if fl.syn || fl.fin {
		f.next[dir]++
	}
	data, err := serialize(dir, from.Addr(), to.Addr(), tcp, payload)
	if err != nil {
		return fmt.Errorf("capture: making a packet: %w", err)
	}
	return w.ng.WritePacket(gopacket.CaptureInfo{Timestamp: stamp(at), CaptureLength: len(data), Length: len(data)}, data)
}

// macs are locally administered addresses: of the client, of the server.
var macs = [2][]byte{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}

func serialize(dir record.Dir, from, to netip.Addr, tcp *layers.TCP, payload []byte) ([]byte, error) {
	eth := &layers.Ethernet{SrcMAC: macs[dir], DstMAC: macs[1-dir], EthernetType: layers.EthernetTypeIPv4}
	var ip gopacket.SerializableLayer
	if from.Is4() {
		v4 := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
		ip = v4
		_ = tcp.SetNetworkLayerForChecksum(v4) // fails for other layers only
	} else {
		v6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
		eth.EthernetType, ip = layers.EthernetTypeIPv6, v6
		_ = tcp.SetNetworkLayerForChecksum(v6)
	}
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp, gopacket.Payload(payload))
	return b.Bytes(), err
}
