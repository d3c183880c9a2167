package pcap

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// These tests prove that whatever is passed over is counted by reason, and that a capture with nothing else says so.

func omitted(t *testing.T, b []byte) (out []string) {
	t.Helper()
	err := Read(bytes.NewReader(b), record.Visitor{
		Record:  func(*record.Record) error { return nil },
		Omitted: func(o *record.Omission) { out = append(out, fmt.Sprintf("%s %d", o.Reason, o.Count)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOmissionsOfCases(t *testing.T) {
	for file, want := range map[string]string{
		"midstream.pcap":              "",
		"wss-dsb.pcapng":              "",
		"h2-extended-connect.pcap":    "",
		"dns_over_tcp.pcap":           "not-websocket 1",
		"docker_attach_stdout.pcap":   "not-websocket 1",
		"snaplen.pcap":                "snaplen 2",
		"x_webkit_deflate_frame.pcap": "extension 1",
	} {
		b, err := os.ReadFile(filepath.Join("testdata", "cases", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(omitted(t, b), ", "); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

// TestOmissionsOfPackets: packets that carry no segment that can be read are counted, each once.
func TestOmissionsOfPackets(t *testing.T) {
	ether := func(kind uint16, rest ...byte) []byte {
		return append(append(make([]byte, 12), byte(kind>>8), byte(kind)), rest...)
	}
	ip := func(protocol byte, part uint16, body ...byte) []byte {
		n := 20 + len(body)
		return ether(0x0800, append([]byte{0x45, 0, byte(n >> 8), byte(n), 0, 1, byte(part >> 8), byte(part), 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, body...)...)
	}
	for name, c := range map[string]struct {
		link layers.LinkType
		data []byte
		cut  int
		want string
	}{
		"link":           {147, []byte{1, 2, 3}, 0, "link 1"},
		"ARP":            {1, ether(0x0806, make([]byte, 28)...), 0, "not-ip 1"},
		"spanning tree":  {1, ether(38, 0x42, 0x42, 3, 0, 0), 0, "not-ip 1"},
		"UDP":            {1, ip(17, 0, 0, 53, 0, 53, 0, 8, 0, 0), 0, "not-tcp 1"},
		"ESP":            {1, ip(50, 0, 1, 2, 3, 4), 0, "encrypted 1"},
		"GRE, routed":    {1, ip(47, 0, 0x40, 0, 8, 0), 0, "encapsulation 1"},
		"fragment":       {1, ip(6, 0x2000, make([]byte, 8)...), 0, "fragments 1"},
		"Wi-Fi":          {105, append([]byte{8, 0x40}, make([]byte, 30)...), 0, "encrypted 1"},
		"cut in headers": {1, ip(6, 0)[:30], 24, "snaplen-headers 1"},
		"damaged":        {1, ip(6, 0, 1, 2, 3), 0, "damaged 1"},
		"empty":          {1, nil, 0, "damaged 1"},
		"no data":        {1, ip(6, 0, 0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0), 0, "no-data 1"},
	} {
		var b bytes.Buffer
		w := pcapgo.NewWriterNanos(&b)
		if err := w.WriteFileHeader(1<<18, c.link); err != nil {
			t.Fatal(err)
		}
		if err := w.WritePacket(gopacket.CaptureInfo{CaptureLength: len(c.data), Length: len(c.data) + c.cut}, c.data); err != nil {
			t.Fatal(err)
		}
		if got := omitted(t, b.Bytes()); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
