package pcap

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/tshark"
)

// wrapping puts IP packets behind a link or into a tunnel.
type wrapping struct {
	name string
	link uint16
	wrap func(ip []byte) [][]byte
}

func be(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// isIPv6 tells the two versions apart by a value each.
func isIPv6(ip []byte, six, four uint16) []byte {
	if ip[0]>>4 == 6 {
		return be(six)
	}
	return be(four)
}

func etherType(ip []byte) []byte { return isIPv6(ip, 0x86DD, 0x0800) }

func ethernet(ip []byte) []byte { return join(make([]byte, 12), etherType(ip), ip) }

// before is a link whose header does not depend on the packet.
func before(head func(ip []byte) []byte) func([]byte) [][]byte {
	return func(ip []byte) [][]byte { return [][]byte{join(head(ip), ip)} }
}

func fixed(head ...byte) func([]byte) [][]byte { return before(func([]byte) []byte { return head }) }

// inIPv4 is an IPv4 packet; part is its flags and offset.
func inIPv4(protocol byte, id, part uint16, body []byte) []byte {
	head := join([]byte{0x45, 0}, be(uint16(20+len(body))), be(id), be(part), []byte{64, protocol, 0, 0, 10, 9, 9, 1, 10, 9, 9, 2})
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(head[i:]))
	}
	binary.BigEndian.PutUint16(head[10:], ^uint16(sum+sum>>16))
	return append(head, body...)
}

func inIPv6(next byte, body []byte) []byte {
	return join([]byte{0x60, 0, 0, 0}, be(uint16(len(body))), []byte{next, 64}, make([]byte, 15), []byte{1}, make([]byte, 15), []byte{2}, body)
}

func inUDP(port uint16, body []byte) []byte {
	return inIPv4(17, 7, 0, join(be(40000), be(port), be(uint16(8+len(body))), be(0), body))
}

func tunnel(wrap func(ip []byte) []byte) func([]byte) [][]byte {
	return func(ip []byte) [][]byte { return [][]byte{ethernet(wrap(ip))} }
}

func protocolOfIP(ip []byte) byte { return byte(binary.BigEndian.Uint16(isIPv6(ip, 41, 4))) }

var snapHead = []byte{0xAA, 0xAA, 3, 0, 0, 0}

func wifiData(control ...byte) func([]byte) []byte {
	return func(ip []byte) []byte {
		head := append(control[:2:2], make([]byte, 22)...)
		return join(head, control[2:], snapHead, etherType(ip))
	}
}

var nextID uint32

// fragmented cuts an IP packet into parts of 64 bytes, the last one first.
func fragmented(ip []byte) (out [][]byte) {
	nextID++
	head, body := ip[:20], ip[20:]
	if ip[0]>>4 == 6 {
		head, body = ip[:40], ip[40:]
	}
	const size = 64
	for at := 0; at == 0 || at < len(body); at += size {
		part := body[at:min(at+size, len(body))]
		more := uint16(0)
		if at+size < len(body) {
			more = 1
		}
		var p []byte
		if ip[0]>>4 == 6 {
			next := join([]byte{head[6], 0}, be(uint16(at)|more), binary.BigEndian.AppendUint32(nil, nextID))
			options := []byte{44, 0, 1, 4, 0, 0, 0, 0} // destination options, with padding
			p = join(head[:4], be(uint16(16+len(part))), []byte{60, 64}, head[8:40], options, next, part)
		} else {
			p = inIPv4(head[9], uint16(nextID), more<<13|uint16(at/8), part)
			copy(p[12:20], head[12:20])
			binary.BigEndian.PutUint16(p[10:], 0) // not checked
		}
		out = append(out, ethernet(p))
	}
	slices.Reverse(out)
	return out
}

func nflog(ip []byte) []byte {
	attribute := func(kind uint16, value []byte) []byte {
		b := binary.LittleEndian.AppendUint16(nil, uint16(4+len(value)))
		b = append(binary.LittleEndian.AppendUint16(b, kind), value...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	return join([]byte{byte(binary.BigEndian.Uint16(isIPv6(ip, 10, 2))), 0, 0, 1}, attribute(10, []byte("web\x00")), attribute(9, ip))
}

func pktapHead(ip []byte) []byte {
	head := make([]byte, 108)
	binary.LittleEndian.PutUint32(head, 108)
	binary.LittleEndian.PutUint32(head[4:], 1)
	binary.LittleEndian.PutUint32(head[8:], 1)
	return join(head, make([]byte, 12), etherType(ip))
}

var wrappings = []wrapping{
	{"Ethernet", 1, before(func(ip []byte) []byte { return join(make([]byte, 12), etherType(ip)) })},
	{"VLAN", 1, before(func(ip []byte) []byte { return join(make([]byte, 12), be(0x8100), be(7), etherType(ip)) })},
	{"VLAN in VLAN", 1, before(func(ip []byte) []byte {
		return join(make([]byte, 12), be(0x88A8), be(7), be(0x8100), be(8), etherType(ip))
	})},
	{"MPLS", 1, before(func([]byte) []byte { return join(make([]byte, 12), be(0x8847), []byte{0, 1, 0, 64, 0, 2, 1, 64}) })},
	{"LLC and SNAP", 1, before(func(ip []byte) []byte { return join(make([]byte, 12), be(uint16(8+len(ip))), snapHead, etherType(ip)) })},
	{"PPPoE in Ethernet", 1, before(func(ip []byte) []byte {
		return join(make([]byte, 12), be(0x8864), []byte{0x11, 0, 0, 1}, be(uint16(2+len(ip))), isIPv6(ip, 0x57, 0x21))
	})},
	{"BSD loopback", 0, before(func(ip []byte) []byte { return []byte{byte(binary.BigEndian.Uint16(isIPv6(ip, 24, 2))), 0, 0, 0} })},
	{"OpenBSD loopback", 108, before(func(ip []byte) []byte { return []byte{0, 0, 0, byte(binary.BigEndian.Uint16(isIPv6(ip, 24, 2)))} })},
	{"PPP", 9, before(func(ip []byte) []byte { return join([]byte{0xFF, 3}, isIPv6(ip, 0x57, 0x21)) })},
	{"PPP in HDLC", 50, before(func(ip []byte) []byte { return join([]byte{0xFF, 3}, isIPv6(ip, 0x57, 0x21)) })},
	{"PPPoE", 51, before(func(ip []byte) []byte {
		return join([]byte{0x11, 0, 0, 1}, be(uint16(2+len(ip))), isIPv6(ip, 0x57, 0x21))
	})},
	{"PPP with a direction", 204, before(func(ip []byte) []byte { return join([]byte{0, 0xFF, 3}, isIPv6(ip, 0x57, 0x21)) })},
	{"Cisco HDLC", 104, before(func(ip []byte) []byte { return join([]byte{0x0F, 0}, etherType(ip)) })},
	{"raw IP", 101, fixed()},
	{"Linux any", 113, before(func(ip []byte) []byte { return join(make([]byte, 2), be(1), be(6), make([]byte, 8), etherType(ip)) })},
	{"Linux any, second", 276, before(func(ip []byte) []byte {
		return join(etherType(ip), make([]byte, 6), be(1), []byte{0, 6}, make([]byte, 8))
	})},
	{"Linux any, second, VLAN", 276, before(func(ip []byte) []byte {
		return join(be(0x8100), make([]byte, 6), be(1), []byte{0, 6}, make([]byte, 8), be(7), etherType(ip))
	})},
	{"Wi-Fi", 105, before(wifiData(8, 1))},
	{"Wi-Fi with quality of service", 105, before(wifiData(0x88, 1, 0, 0))},
	{"Wi-Fi of four addresses", 105, before(wifiData(8, 3, 0, 0, 0, 0, 0, 0))},
	{"radiotap", 127, before(func(ip []byte) []byte { return join([]byte{0, 0, 8, 0, 0, 0, 0, 0}, wifiData(8, 1)(ip)) })},
	{"PPI", 192, before(func(ip []byte) []byte { return join([]byte{0, 0, 8, 0, 1, 0, 0, 0}, make([]byte, 12), etherType(ip)) })},
	{"PKTAP", 258, before(pktapHead)},
	{"NFLOG", 239, func(ip []byte) [][]byte { return [][]byte{nflog(ip)} }},
	{"IP in IPv4", 1, tunnel(func(ip []byte) []byte { return inIPv4(protocolOfIP(ip), 7, 0, ip) })},
	{"IP in IPv6", 1, tunnel(func(ip []byte) []byte { return inIPv6(protocolOfIP(ip), ip) })},
	{"GRE", 1, tunnel(func(ip []byte) []byte { return inIPv4(47, 7, 0, join([]byte{0, 0}, etherType(ip), ip)) })},
	{"GRE with key and number", 1, tunnel(func(ip []byte) []byte {
		return inIPv4(47, 7, 0, join([]byte{0x30, 0}, etherType(ip), make([]byte, 8), ip))
	})},
	{"Ethernet in GRE", 1, tunnel(func(ip []byte) []byte { return inIPv4(47, 7, 0, join([]byte{0, 0, 0x65, 0x58}, ethernet(ip))) })},
	{"VXLAN", 1, tunnel(func(ip []byte) []byte { return inUDP(4789, join([]byte{8, 0, 0, 0, 0, 0, 7, 0}, ethernet(ip))) })},
	{"Geneve", 1, tunnel(func(ip []byte) []byte {
		return inUDP(6081, join([]byte{1, 0, 0x65, 0x58, 0, 0, 7, 0, 0, 0, 0, 0}, ethernet(ip)))
	})},
	{"fragments", 1, fragmented},
}

// linkTalk is one connection, on the port that names its wrapping.
func linkTalk(number uint32, six bool) []record.Record {
	t := &talk{r: rand.New(rand.NewPCG(uint64(number), 9)), now: 1.7e18}
	addr := netip.MustParseAddr("198.51.100.7")
	if six {
		addr = netip.MustParseAddr("2001:db8::7")
	}
	c := t.connect(number, netip.AddrPortFrom(addr, uint16(20000+number)).String(), number%2 == 0)
	for range 6 {
		c.some()
	}
	c.end()
	return t.list
}

// wrappedFile is a file with every wrapping and both versions of IP, packets of all connections in turn.
func wrappedFile(t testing.TB) (file []byte, want []record.Record) {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkType(wrappings[0].link))
	if err != nil {
		t.Fatal(err)
	}
	for i, wr := range wrappings {
		itf := 0
		if i > 0 {
			if itf, err = w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkType(wr.link), SnapLength: 1 << 18}); err != nil {
				t.Fatal(err)
			}
		}
		for _, six := range []bool{false, true} {
			number := uint32(2 * i)
			if six {
				number++
			}
			list := linkTalk(number+1, six)
			want = append(want, list...)
			for _, p := range unpack(t, pcapng(t, list, 700)) {
				for _, data := range wr.wrap(p.data[14:]) {
					info := gopacket.CaptureInfo{Timestamp: p.info.Timestamp, CaptureLength: len(data), Length: len(data), InterfaceIndex: itf}
					if err := w.WritePacket(info, data); err != nil {
						t.Fatal(wr.name, err)
					}
				}
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), want
}

// TestEveryLinkAndTunnel proves that what is read behind every link, in every tunnel and of fragments is what was sent, and that
// tshark reads the same.
func TestEveryLinkAndTunnel(t *testing.T) {
	file, want := wrappedFile(t)
	got, damage, err := gather(file)
	if err != nil || len(damage) > 0 {
		t.Fatal(err, damage)
	}
	name := map[string]string{}
	count := map[string]int{}
	for _, r := range got {
		if r.Kind == record.KindRequest {
			addr := netip.MustParseAddrPort(r.Remote)
			name[fmt.Sprint(addr.Port())] = wrappings[(addr.Port()-20001)/2].name
		}
	}
	ours := linesOf(got)
	for key, lines := range linesOf(want) {
		if !slices.Equal(ours[key], lines) {
			t.Errorf("%s, %s: %d frames, want %d", name[key], key, len(ours[key]), len(lines))
		}
		count["all"] += len(lines)
	}
	if left := omitted(t, file); len(left) > 0 {
		t.Errorf("passed over: %v", left)
	}
	compareWithTshark(t, file, ours)
}

// linesOf are the frames of each direction of each connection, as tshark's can be compared with.
func linesOf(list []record.Record) map[string][]string {
	port, lines := map[uint32]string{}, map[string][]string{}
	for _, r := range list {
		switch r.Kind {
		case record.KindRequest:
			port[r.Conn] = fmt.Sprint(netip.MustParseAddrPort(r.Remote).Port())
		case record.KindFrame:
			key := fmt.Sprintf("%s %t", port[r.Conn], r.Dir == record.In)
			lines[key] = append(lines[key], tsharkFrame(&r).String())
		case record.KindResponse, record.KindClose, record.KindEnd, record.KindBroken, record.KindNote, record.KindTransit:
		}
	}
	return lines
}

func tsharkFrame(r *record.Record) tshark.Frame {
	f := tshark.Frame{
		Fin: r.Header.Fin, Rsv: uint64(r.Header.Rsv), Opcode: uint64(r.Header.Opcode), Masked: r.Header.Masked,
		Length: r.Header.Length, Payload: hex.EncodeToString(r.Payload),
	}
	if f.Masked {
		f.Key = hex.EncodeToString(r.Header.Key[:])
	}
	return f
}

func compareWithTshark(t *testing.T, file []byte, ours map[string][]string) {
	t.Helper()
	theirs := tsharkLines(t, file)
	for key, lines := range ours {
		if !slices.Equal(lines, theirs[key]) {
			t.Errorf("%s: %d frames of ours, %d of tshark's:\n%.300s\n%.300s", key, len(lines), len(theirs[key]), lines, theirs[key])
		}
	}
	if len(theirs) != len(ours) {
		t.Errorf("%d directions of ours, %d of tshark's", len(ours), len(theirs))
	}
}
