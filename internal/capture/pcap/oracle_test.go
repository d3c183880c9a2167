package pcap

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tetherscope/tetherscope/internal/test/tshark"
)

// shapes are what stands around a handshake on its connection, and what is lost of the packets behind it.
var shapes = []struct {
	name          string
	before        [2]string // a request and its answer
	segment       int
	lose, reorder int // one packet in so many; 0 for none
}{
	{name: "alone", segment: segmentSize},
	{name: "in small segments", segment: 61},
	{name: "after GET", before: preludes["get"], segment: 500},
	{name: "after chunks", before: preludes["chunked"], segment: 500},
	{name: "reordered", segment: 500, reorder: 4},
	{name: "lossy", segment: 1460, lose: 30},
	{name: "lossy, reordered, after GET", before: preludes["get"], segment: 1460, lose: 20, reorder: 5},
}

// firstShaped is the port of the first connection of a shapedFile.
const firstShaped = 21000

// shapedFile is a file with every shape over both versions of IP behind every link and in every tunnel, the ports of those without loss, and
// what was sent.
func shapedFile(t *testing.T) (file []byte, whole map[string]bool, sent map[string][]string) {
	t.Helper()
	whole, sent = map[string]bool{}, map[string][]string{}
	var b bytes.Buffer
	links := wrappings
	w, err := pcapgo.NewNgWriter(&b, layers.LinkType(links[0].link))
	if err != nil {
		t.Fatal(err)
	}
	for i, wr := range links {
		itf := 0
		if i > 0 {
			if itf, err = w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkType(wr.link), SnapLength: 1 << 18}); err != nil {
				t.Fatal(err)
			}
		}
		for j := range shapes {
			if i%10 > 0 && j != i%5 && j != 5+i%2 { // every tenth link has all shapes, the others one without loss and one with
				continue
			}
			for six := range 2 {
				port := firstShaped + (i*len(shapes)+j)*2 + six
				whole[fmt.Sprint(port)] = shapes[j].lose == 0
				segment := shapes[j].segment
				if wr.name == "LLC and SNAP" {
					segment = min(segment, 1400) // its length counts to 1500; more would be an EtherType
				}
				packets, lines := shapedPackets(t, j, port, segment, six == 1)
				maps.Copy(sent, lines)
				for _, p := range packets {
					for _, data := range wr.wrap(p.data[14:]) {
						info := gopacket.CaptureInfo{Timestamp: p.info.Timestamp, CaptureLength: len(data), Length: len(data), InterfaceIndex: itf}
						if err := w.WritePacket(info, data); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), whole, sent
}

func shapedPackets(t *testing.T, shape, port, segment int, six bool) (out []raw, sent map[string][]string) {
	t.Helper()
	s := &shapes[shape]
	talk := &talk{r: rand.New(rand.NewPCG(uint64(port), 4)), now: 1.7e18}
	addr := netip.MustParseAddr("198.51.100.7")
	if six {
		addr = netip.MustParseAddr("2001:db8::7")
	}
	c := talk.connect(1, netip.AddrPortFrom(addr, uint16(port)).String(), port%2 == 0)
	talk.list[0].Head = append([]byte(s.before[0]), talk.list[0].Head...)
	talk.list[1].Head = append([]byte(s.before[1]), talk.list[1].Head...)
	for range 40 {
		c.some()
	}
	c.end()
	packets := unpack(t, pcapng(t, talk.list, segment))
	r := rand.New(rand.NewPCG(uint64(port), 5))
	for _, p := range packets {
		if s.lose > 0 && len(p.data) > 100 && !bytes.Contains(p.data, []byte("HTTP/1.1")) && r.IntN(s.lose) == 0 {
			continue
		}
		out = append(out, p)
		if n := len(out); s.reorder > 0 && n > 12 && r.IntN(s.reorder) == 0 {
			out[n-1].data, out[n-2].data = out[n-2].data, out[n-1].data
		}
	}
	return out, linesOf(talk.list)
}

// shapeOf is the shape behind a key, which begins with the port.
func shapeOf(t *testing.T, key string) string {
	t.Helper()
	port, err := strconv.Atoi(key[:5])
	if err != nil {
		t.Fatal(err)
	}
	return shapes[(port-firstShaped)/2%len(shapes)].name
}

// TestTsharkAgreesOnShapesAndLoss proves that every handshake, alone or after other requests, over both versions of IP and
// behind every link and in every tunnel, is read as tshark reads it, and that where packets were lost, every whole frame that tshark finds is found.
func TestTsharkAgreesOnShapesAndLoss(t *testing.T) {
	file, whole, sent := shapedFile(t)
	got, damage, err := gather(file)
	if err != nil || len(damage) > 0 {
		t.Fatal(err, damage)
	}
	ours := linesOf(got)
	if len(ours) != 2*len(whole) {
		t.Errorf("%d directions, want %d", len(ours), 2*len(whole))
	}
	for _, r := range got {
		if r.Violations != 0 {
			t.Errorf("connection %d: %s", r.Conn, r.Describe())
		}
	}
	theirs := tsharkLines(t, file)
	both, missed := 0, 0
	for key, lines := range theirs {
		if whole[key[:5]] {
			if !slices.Equal(ours[key], lines) {
				t.Errorf("%s, %s: %d frames of ours, %d of tshark's", shapeOf(t, key), key, len(ours[key]), len(lines))
			}
			continue
		}
		for _, line := range lines { // without a frame that was never sent: behind lost bytes tshark goes on in the wrong place
			switch {
			case !slices.Contains(sent[key], line):
			case slices.Contains(ours[key], line):
				both++
			default:
				missed++
				t.Logf("%s: only tshark: %.150s", key, line)
			}
		}
	}
	found := lossyFrames(ours, whole)
	t.Logf("behind lost packets tshark finds %d frames that were sent, of which we do not find %d; we find %d of %d", both+missed, missed, found, lossyFrames(sent, whole))
	if missed > 0 || found < both {
		t.Errorf("%d frames of tshark's are missing, %d are there", missed, both)
	}
}

func lossyFrames(ours map[string][]string, whole map[string]bool) (n int) {
	for key, lines := range ours {
		if !whole[key[:5]] {
			n += len(lines)
		}
	}
	return n
}

// tsharkLines are the frames that tshark finds, by port and direction.
func tsharkLines(t *testing.T, file []byte) map[string][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	seen, err := tshark.Frames(t.Context(), path, 80)
	if err != nil && os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, f := range seen {
		key := fmt.Sprintf("%s %t", f.ClientPort, f.FromServer)
		out[key] = append(out[key], f.String())
	}
	return out
}
