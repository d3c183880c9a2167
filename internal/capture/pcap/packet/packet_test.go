package packet

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"pgregory.net/rapid"
)

// These tests hold the package to gopacket, which reads and writes the same formats, and prove that damage is reported with its
// place and never ends the program.

var anySegment = rapid.Custom(func(t *rapid.T) Segment {
	four := rapid.Bool().Draw(t, "IPv4")
	addr := func(name string) netip.AddrPort {
		n := 16
		if four {
			n = 4
		}
		a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name))
		return netip.AddrPortFrom(a, rapid.Uint16().Draw(t, "port"))
	}
	return Segment{
		From: addr("from"), To: addr("to"), Seq: rapid.Uint32().Draw(t, "seq"), Ack: rapid.Uint32().Draw(t, "ack"),
		SYN: rapid.Bool().Draw(t, "SYN"), ACK: rapid.Bool().Draw(t, "ACK"), FIN: rapid.Bool().Draw(t, "FIN"), RST: rapid.Bool().Draw(t, "RST"),
		Payload: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload"),
	}
})

// byGopacket is what gopacket reads in a packet.
func byGopacket(data []byte, link layers.LinkType) (s Segment, sums, ok bool) {
	p := gopacket.NewPacket(data, link, gopacket.Default)
	tcp, _ := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if tcp == nil || p.NetworkLayer() == nil {
		return s, false, false
	}
	src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
	from, _ := netip.AddrFromSlice(src.Raw())
	to, _ := netip.AddrFromSlice(dst.Raw())
	_ = tcp.SetNetworkLayerForChecksum(p.NetworkLayer())
	wrong, mismatches := p.VerifyChecksums()
	return Segment{
		From: netip.AddrPortFrom(from, uint16(tcp.SrcPort)), To: netip.AddrPortFrom(to, uint16(tcp.DstPort)),
		Seq: tcp.Seq, Ack: tcp.Ack, SYN: tcp.SYN, ACK: tcp.ACK, FIN: tcp.FIN, RST: tcp.RST, Payload: tcp.Payload,
	}, wrong == nil && len(mismatches) == 0, true
}

func same(a, b Segment) bool {
	if len(a.Payload)+len(b.Payload) == 0 {
		a.Payload, b.Payload = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// TestSegmentsAreWhatGopacketReads: a segment that we wrote, with its checksums, is read the same by gopacket and by us.
func TestSegmentsAreWhatGopacketReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anySegment.Draw(t, "segment")
		data := AppendTCP(nil, &want, rapid.Bool().Draw(t, "server"))
		theirs, sums, ok := byGopacket(data, layers.LinkTypeEthernet)
		if !ok || !sums || !same(theirs, want) {
			t.Fatalf("gopacket: found %t, checksums right %t\n got %+v\nwant %+v", ok, sums, theirs, want)
		}
		if ours, ok := new(Dissector).Segment(&Packet{Data: data, Link: LinkEthernet}); !ok || !same(ours, want) {
			t.Fatalf("ours: found %t\n got %+v\nwant %+v", ok, ours, want)
		}
	})
}

// TestLinks: the same IP packet is found behind the header of every link.
func TestLinks(t *testing.T) {
	want := Segment{From: netip.MustParseAddrPort("10.0.0.1:1000"), To: netip.MustParseAddrPort("10.0.0.2:80"), Payload: []byte("hello")}
	ether := AppendTCP(nil, &want, false)
	ip := ether[14:]
	behind := func(head ...byte) []byte { return append(head, ip...) }
	padding := append(bytes.Clone(ether), 0, 0, 0, 0, 0, 0)
	for _, c := range []struct {
		name string
		link Link
		data []byte
	}{
		{"Ethernet, padded", LinkEthernet, padding},
		{"VLAN", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0x81, 0, 0, 7, 8, 0)...)},
		{"VLAN in VLAN", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0x88, 0xA8, 0, 7, 0x81, 0, 0, 9, 8, 0)...)},
		{"PPPoE", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0x88, 0x64, 0x11, 0, 0, 1, 0, 99, 0, 0x21)...)},
		{"LLC and SNAP", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0, 53, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0)...)},
		{"MPLS", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0x88, 0x47, 0, 6, 0x40, 64, 0, 6, 0x41, 64)...)},
		{"MPLS in VLAN", LinkEthernet, behind(append(bytes.Clone(ether[:12]), 0x81, 0, 0, 7, 0x88, 0x47, 0, 6, 0x41, 64)...)},
		{"PPP", LinkPPP, behind(0xFF, 3, 0, 0x21)},
		{"PPP, the protocol alone", LinkPPP, behind(0, 0x21)},
		{"PPP, compressed", LinkPPPHDLC, behind(0x21)},
		{"Cisco HDLC", LinkCHDLC, behind(0x0F, 0, 8, 0)},
		{"Wi-Fi", Link80211, behind(append(append([]byte{8, 1}, make([]byte, 22)...), 0xAA, 0xAA, 3, 0, 0, 0, 8, 0)...)},
		{"Wi-Fi with four addresses and QoS", Link80211, behind(append(append([]byte{0x88, 3}, make([]byte, 30)...), 0xAA, 0xAA, 3, 0, 0, 0, 8, 0)...)},
		{"radiotap", LinkRadiotap, behind(append(append([]byte{0, 0, 9, 0, 0, 0, 0, 0, 1, 8, 1}, make([]byte, 22)...), 0xAA, 0xAA, 3, 0, 0, 0, 8, 0)...)},
		{"PKTAP, raw", LinkPKTAP, behind(append([]byte{16, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0}, make([]byte, 4)...)...)},
		{"PKTAP, Ethernet", linkPKTAPOld, append([]byte{12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, ether...)},
		{"any of Linux, VLAN", LinkSLL2, behind(0x81, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 8, 0)},
		{"loopback of BSD", LinkNull, behind(2, 0, 0, 0)},
		{"loopback of OpenBSD", LinkLoop, behind(0, 0, 0, 2)},
		{"any of Linux", LinkSLL, behind(0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0)},
		{"any of Linux, second version", LinkSLL2, behind(8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"raw", LinkRaw, ip},
		{"raw IPv4", LinkIPv4, ip},
	} {
		if got, ok := new(Dissector).Segment(&Packet{Data: c.data, Link: c.link}); !ok || !same(got, want) {
			t.Errorf("%s: found %t, got %+v", c.name, ok, got)
		}
		for n := range c.data { // every cut is passed over or has a shorter payload, and never panics
			if got, ok := new(Dissector).Segment(&Packet{Data: c.data[:n], Link: c.link}); ok && !bytes.HasPrefix(want.Payload, got.Payload) {
				t.Errorf("%s, cut at %d: payload %q", c.name, n, got.Payload)
			}
		}
	}
	fragment := bytes.Clone(ip)
	fragment[6] = 0x20 // more fragments follow
	if _, ok := new(Dissector).Segment(&Packet{Data: fragment, Link: LinkRaw}); ok {
		t.Error("a fragment of IP was taken for a whole packet")
	}
}

// TestHeadersBeforeTCP: IPv6 extension headers are walked over.
func TestHeadersBeforeTCP(t *testing.T) {
	want := Segment{From: netip.MustParseAddrPort("[2001:db8::1]:1000"), To: netip.MustParseAddrPort("[2001:db8::2]:80"), Payload: []byte("hello")}
	plain := AppendTCP(nil, &want, false)[14:]
	ip := append(bytes.Clone(plain[:40]), protocolTCP, 0, 1, 4, 0, 0, 0, 0)
	ip = append(ip, plain[40:]...)
	ip[6], ip[5] = 0, ip[5]+8 // hop-by-hop options, 8 bytes longer
	got, ok := new(Dissector).Segment(&Packet{Data: ip, Link: LinkIPv6})
	if !ok || !same(got, want) {
		t.Errorf("found %t, got %+v", ok, got)
	}
}

// file is what a reader finds: times and bytes.
type file struct {
	times []int64
	data  [][]byte
	err   error
}

func read(b []byte) (f file) {
	r, err := NewReader(bytes.NewReader(b))
	for err == nil {
		var p Packet
		if p, err = r.Next(); err == nil {
			f.times, f.data = append(f.times, p.Time), append(f.data, bytes.Clone(p.Data))
		}
	}
	f.err = err
	return f
}

// TestFilesOfGopacket: pcapng and pcap files that gopacket wrote are read as they were, with their times.
func TestFilesOfGopacket(t *testing.T) {
	at := time.Unix(1_767_323_045, 123_456_789)
	var ng bytes.Buffer
	itf := pcapgo.NgInterface{LinkType: layers.LinkTypeEthernet, TimestampResolution: 9}
	n, err := pcapgo.NewNgWriterInterface(&ng, itf, pcapgo.DefaultNgWriterOptions)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		data := bytes.Repeat([]byte{byte(i)}, 60+i)
		if err := n.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	n.Flush()
	got := read(ng.Bytes())
	if !errors.Is(got.err, io.EOF) || len(got.data) != 5 || got.times[4] != at.UnixNano() || len(got.data[4]) != 64 {
		t.Errorf("%d packets at %v, error %v", len(got.data), got.times, got.err)
	}
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(1<<18, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: 3, Length: 3}, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if got := read(b.Bytes()); len(got.data) != 1 || got.times[0] != at.UnixNano()/1000*1000 || string(got.data[0]) != "abc" {
		t.Errorf("pcap: %+v", got)
	}
}

// TestTimes: ticks in powers of ten and of two, and what is no time, become nanoseconds.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		itf   netInterface
		ticks uint64
		want  int64
	}{
		{netInterface{res: 6}, 1_500_000, 1_500_000_000},
		{netInterface{res: 9, offset: 10}, 7, 10_000_000_007},
		{netInterface{res: 0}, 3, 3_000_000_000},
		{netInterface{res: 0x80 | 1}, 3, 1_500_000_000},
		{netInterface{res: 0x80 | 63}, 1 << 63, 1_000_000_000},
		{netInterface{res: 19}, 1, 0},
		{netInterface{res: 0}, 1 << 63, 0},
		{netInterface{res: 9, offset: -1 << 63}, 1, 0},
	} {
		if got := c.itf.time(c.ticks); got != c.want {
			t.Errorf("%+v, %d ticks: got %d, want %d", c.itf, c.ticks, got, c.want)
		}
	}
}

// written is a file of ours with some packets.
func written(t testing.TB) []byte {
	var b bytes.Buffer
	w, err := NewWriter(&b, "test", "a test's packets")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if err := w.Write(int64(n+1)*1e9, bytes.Repeat([]byte("x"), 50+n), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGopacketReadsWhatWeWrite: our files are pcapng to gopacket, with the same times and bytes.
func TestGopacketReadsWhatWeWrite(t *testing.T) {
	r, err := pcapgo.NewNgReader(bytes.NewReader(written(t)), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		data, info, err := r.ReadPacketData()
		if err != nil || len(data) != 50+n || info.Timestamp.Unix() != int64(n+1) {
			t.Errorf("packet %d: %d bytes at %v, error %v", n, len(data), info.Timestamp, err)
		}
	}
}

// TestCutFiles: wherever a file is cut, the whole packets before are read, and the end is reported unless it is between two.
func TestCutFiles(t *testing.T) {
	whole := written(t)
	ends := 0
	for n := 12; n < len(whole); n++ {
		got := read(whole[:n])
		if errors.Is(got.err, io.EOF) {
			ends++
		} else if !errors.Is(got.err, ErrTail) && !errors.Is(got.err, ErrNotPcap) {
			t.Errorf("cut at %d: %v", n, got.err)
		}
	}
	if ends != 1+1+3 { // behind the section, the interface and all packets but the last
		t.Errorf("%d cuts were taken for the end of a file", ends)
	}
}

// TestWhatCannotBe: lengths and interfaces that cannot be are named, and nothing behind them is read.
func TestWhatCannotBe(t *testing.T) {
	whole := written(t)
	at := bytes.Index(whole, []byte("xxxx")) - 20 - 8 // of the first packet's block
	for what, change := range map[string]func([]byte){
		"no multiple of four": func(b []byte) { b[at+4]++ },
		"too long":            func(b []byte) { b[at+7] = 0x7F },
		"interface":           func(b []byte) { b[at+8] = 9 },
		"packet in block":     func(b []byte) { b[at+21] = 9 },
	} {
		b := bytes.Clone(whole)
		change(b)
		if got := read(b); !errors.Is(got.err, ErrLength) || len(got.data) != 0 {
			t.Errorf("%s: %d packets, error %v", what, len(got.data), got.err)
		}
	}
	if got := read([]byte("GIF89a and so on")); !errors.Is(got.err, ErrNotPcap) {
		t.Errorf("no capture: %v", got.err)
	}
}

// FuzzRead: whatever the bytes are, reading ends, holds no more than there is, and finds what gopacket finds where both read.
func FuzzRead(f *testing.F) {
	f.Add(written(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := read(b)
		total := 0
		for _, d := range got.data {
			total += len(d)
			for _, link := range everyLink {
				new(Dissector).Segment(&Packet{Data: d, Link: link})
			}
		}
		if got.err == nil || total > len(b) {
			t.Fatalf("%d bytes of packets in %d bytes of file, error %v", total, len(b), got.err)
		}
	})
}

// everyLink are all links, and one that is not known.
var everyLink = []Link{
	LinkNull, LinkEthernet, LinkPPP, LinkPPPHDLC, LinkPPPoE, LinkRaw, LinkCHDLC, Link80211, LinkLoop, LinkSLL, LinkRadiotap,
	LinkPPI, LinkPPPDir, LinkIPv4, LinkIPv6, LinkNFLOG, LinkPKTAP, LinkSLL2, 147,
}

// FuzzDissector: a packet of any link becomes a segment or is counted, or waits as a fragment; with what it is one of two packets.
func FuzzDissector(f *testing.F) {
	f.Add([]byte{0x45, 0, 0, 28, 0, 1, 0x20, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8}, uint8(5), uint8(0))
	f.Add(append(make([]byte, 12), 0x08, 0x00, 0x45, 0, 0, 24, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xB0, 0, 8, 0), uint8(1), uint8(9))
	f.Add([]byte{2, 0, 0, 1, 8, 0, 10, 0, 'w', 'e', 'b', 0, 8, 0, 9, 0, 0x60, 0, 0, 0}, uint8(15), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, link, cut uint8) {
		var d Dissector
		found := uint64(0)
		for range 2 {
			if _, ok := d.Segment(&Packet{Data: b, Link: everyLink[int(link)%len(everyLink)], Cut: int(cut)}); ok {
				found++
			}
		}
		for _, n := range d.Omitted() {
			found += n
		}
		if found == 0 || found > 4 {
			t.Errorf("2 packets: %d are segments or counted", found)
		}
	})
}

// FuzzSegment: what both take for TCP over Ethernet, gopacket and we read the same.
func FuzzSegment(f *testing.F) {
	for _, text := range []string{"10.0.0.1:1000", "[2001:db8::1]:1000"} {
		s := Segment{From: netip.MustParseAddrPort(text), To: netip.MustParseAddrPort(text), Payload: []byte("hello")}
		f.Add(AppendTCP(nil, &s, false))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, ok := new(Dissector).Segment(&Packet{Data: b, Link: LinkEthernet})
		theirs, _, found := byGopacket(b, layers.LinkTypeEthernet)
		if ok && found && ours.From == theirs.From && ours.To == theirs.To && !same(ours, theirs) {
			t.Fatalf("ours   %+v\ntheirs %+v", ours, theirs)
		}
	})
}
