//go:build !js

package frame

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/tshark"
)

// This test proves that an independent decoder, Wireshark's, finds the same frames in the same bytes: FIN, reserved bits,
// opcode, mask, key, length and unmasked payload of every one.

// framesPerCapture times the captures below is what is compared: 10,000 frames.
const framesPerCapture = 2500

func TestFramesAreThoseThatTsharkSees(t *testing.T) {
	for seed, c := range []struct {
		name    string
		deflate *DeflateParams
	}{
		{"plain", nil},
		{"takeover", &DeflateParams{}},
		{"no takeover", &DeflateParams{ServerNoContextTakeover: true, ClientNoContextTakeover: true}},
		{"small windows", &DeflateParams{ServerMaxWindowBits: 9, ClientMaxWindowBits: 12, ClientNoContextTakeover: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newTraffic(uint64(seed), c.deflate)
			for g.frames < framesPerCapture {
				g.turn()
			}
			file := filepath.Join(t.TempDir(), "frames.pcap")
			g.pcap.write(t, file)
			for from, got := range tsharksView(t, file) {
				compareFrames(t, from, g.decode(t, from), got)
			}
		})
	}
}

// traffic makes up a connection: what both sides send, and the capture of it.
type traffic struct {
	r       *rand.Rand
	pcap    *pcap
	deflate *DeflateParams
	zip     [2]*Deflater
	sent    [2][]byte // after the handshake: by the client, by the server
	frames  int
}

func newTraffic(seed uint64, p *DeflateParams) *traffic {
	g := &traffic{r: rand.New(rand.NewPCG(seed, 7)), pcap: newPcap(), deflate: p}
	g.pcap.data(0, []byte(goodRequest), 1460)
	response := strings.Replace(goodResponse, "; server_no_context_takeover; client_max_window_bits=12", deflateText(p), 1)
	if p == nil {
		response = strings.Replace(response, "Sec-WebSocket-Extensions: permessage-deflate\r\n", "", 1)
	} else {
		g.zip = [2]*Deflater{NewDeflater(*p, true), NewDeflater(*p, false)}
	}
	g.pcap.data(1, []byte(response), 1460)
	return g
}

// deflateText writes parameters as they stand in a header.
func deflateText(p *DeflateParams) string {
	var b strings.Builder
	if p == nil {
		return ""
	}
	if p.ServerNoContextTakeover {
		b.WriteString("; " + paramServerNoTakeover)
	}
	if p.ClientNoContextTakeover {
		b.WriteString("; " + paramClientNoTakeover)
	}
	if p.ServerMaxWindowBits > 0 {
		fmt.Fprintf(&b, "; %s=%d", paramServerBits, p.ServerMaxWindowBits)
	}
	if p.ClientMaxWindowBits > 0 {
		fmt.Fprintf(&b, "; %s=%d", paramClientBits, p.ClientMaxWindowBits)
	}
	return b.String()
}

// turn lets one side send some frames, in segments that know nothing of them.
func (g *traffic) turn() {
	from := g.r.IntN(2)
	var b []byte
	for range 1 + g.r.IntN(4) {
		b = g.appendSome(b, from)
	}
	g.sent[from] = append(g.sent[from], b...)
	g.pcap.data(from, b, []int{1460, 1460, 536, 61}[g.r.IntN(4)])
}

// appendSome appends a message or a control frame of some kind.
func (g *traffic) appendSome(b []byte, from int) []byte {
	h := Header{Fin: true, Masked: from == 0, Opcode: Text + Opcode(g.r.IntN(2))}
	payload := prose(g.r, g.size())
	switch kind := g.r.IntN(10); {
	case kind < 3:
		return g.appendOne(b, h, payload)
	case kind < 6 && g.zip[from] != nil:
		h.Rsv = RSV1
		return g.appendFragments(b, h, g.zip[from].Append(nil, payload))
	case kind < 8:
		return g.appendFragments(b, h, payload)
	case kind == 8:
		h.Opcode = Ping + Opcode(g.r.IntN(2))
		return g.appendOne(b, h, payload[:min(len(payload), maxControl)])
	}
	odd := []Opcode{3, 7, 0xB, 0xF}
	h.Opcode = odd[g.r.IntN(len(odd))]
	h.Rsv = uint8(g.r.IntN(4))
	return g.appendOne(b, h, payload)
}

// appendFragments appends a message, often in pieces and sometimes with a ping between them.
func (g *traffic) appendFragments(b []byte, h Header, payload []byte) []byte {
	for h.Fin = false; !h.Fin; h.Opcode, h.Rsv = Continuation, 0 {
		n := len(payload)
		if g.r.IntN(3) > 0 {
			n = g.r.IntN(len(payload) + 1)
		}
		h.Fin = n == len(payload)
		b = g.appendOne(b, h, payload[:n])
		payload = payload[n:]
		if !h.Fin && g.r.IntN(3) == 0 {
			b = g.appendOne(b, Header{Fin: true, Opcode: Ping, Masked: h.Masked}, []byte("between"))
		}
	}
	return b
}

func (g *traffic) appendOne(b []byte, h Header, payload []byte) []byte {
	g.frames++
	if h.Masked {
		h.Key = [4]byte{byte(g.r.Uint32()), byte(g.r.Uint32()), byte(g.r.Uint32()), byte(g.r.Uint32())}
	}
	return AppendFrame(b, h, payload)
}

// size draws payload lengths around the borders of the three length fields.
func (g *traffic) size() int {
	switch g.r.IntN(200) {
	case 0:
		return 65530 + g.r.IntN(12)
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
		return 120 + g.r.IntN(3000)
	case 11, 12, 13, 14, 15, 16, 17, 18, 19, 20:
		return 0
	}
	return g.r.IntN(130)
}

// decode is our own view of what one side sent.
func (g *traffic) decode(t *testing.T, from int) (lines []string) {
	t.Helper()
	frames, err := collect(Config{FromClient: from == 0, Snap: 1 << 20, Deflate: g.deflate}, split(g.sent[from], 900, g.r)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if odd := f.Violations &^ (ReservedOpcode | RSVUndefined | RSV1Control | LongControl); odd != 0 {
			t.Fatalf("frame at %d: %v", f.Offset, odd)
		}
		seen := tshark.Frame{
			Fin: f.Fin, Rsv: uint64(f.Rsv), Opcode: uint64(f.Opcode), Masked: f.Masked,
			Length: f.Length, Payload: hex.EncodeToString(f.Payload),
		}
		if f.Masked {
			seen.Key = hex.EncodeToString(f.Key[:])
		}
		lines = append(lines, seen.String())
	}
	return lines
}

// tsharksView returns a line for each frame that tshark sees the client (0) and the server (1) send.
func tsharksView(t *testing.T, file string) (lines [2][]string) {
	t.Helper()
	frames, err := tshark.Frames(t.Context(), file, pcapPort)
	if errors.Is(err, tshark.ErrNotInstalled) && os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		from := 0
		if f.FromServer {
			from = 1
		}
		lines[from] = append(lines[from], f.String())
	}
	return lines
}

func compareFrames(t *testing.T, from int, ours, theirs []string) {
	t.Helper()
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) {
			t.Fatalf("side %d: %d frames of ours, %d of tshark's", from, len(ours), len(theirs))
		}
		if ours[i] != theirs[i] {
			t.Fatalf("side %d, frame %d:\n   ours %.300s\n tshark %.300s", from, i, ours[i], theirs[i])
		}
	}
	t.Logf("side %d: %d frames are the same", from, len(ours))
}
