//go:build !js

package frame

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// This test proves that an independent decoder, Wireshark's, finds the same frames in the same bytes: FIN, reserved bits,
// opcode, mask, key, length and unmasked payload of every one.

// framesPerCapture times the captures below is what is compared: 10,000 frames.
const framesPerCapture = 2500

func TestFramesAreThoseThatTsharkSees(t *testing.T) {
	tshark := needTool(t, "tshark")
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
			for from, got := range runTshark(t, tshark, file) {
				compareFrames(t, from, g.decode(t, from), got)
			}
		})
	}
}

// needTool finds an external program. Without it the test is skipped, or fails where TETHERSCOPE_REQUIRE_TOOLS is set.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
		t.Fatalf("%s is required here: %v", name, err)
	}
	t.Skipf("%s is not installed: %v", name, err)
	return ""
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
		lines = append(lines, frameLine(f.Fin, uint64(f.Rsv), uint64(f.Opcode), f.Masked, hex.EncodeToString(f.Key[:]), f.Length, hex.EncodeToString(f.Payload)))
	}
	return lines
}

// frameLine is the form in which both views are compared.
func frameLine(fin bool, rsv, opcode uint64, masked bool, key string, length uint64, payload string) string {
	if !masked {
		key = ""
	}
	return fmt.Sprintf("fin=%t rsv=%d opcode=%X mask=%t key=%s length=%d payload=%s", fin, rsv, opcode, masked, key, length, payload)
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

// runTshark returns what tshark sees each side send.
func runTshark(t *testing.T, tshark, file string) (lines [2][]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tshark, "-n", "-r", file, "-d", fmt.Sprintf("tcp.port==%d,http", pcapPort),
		"-o", "websocket.decompress:FALSE", "-Y", "websocket", "-j", "websocket", "-T", "json", "-x")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	walker := tsharkWalker{t: t, json: json.NewDecoder(bufio.NewReaderSize(out, 1<<20))}
	walker.value("")
	walker.endFrame()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tshark: %v\n%s", err, complaints.String())
	}
	return walker.lines
}

// tsharkWalker walks tshark's JSON token by token: it repeats keys when a packet holds several frames.
type tsharkWalker struct {
	t      *testing.T
	json   *json.Decoder
	from   int
	fields map[string]string // of the current frame
	lines  [2][]string
}

// value reads one value that stands under key, and everything in it. Of arrays the first element counts.
func (w *tsharkWalker) value(key string) {
	switch token := w.token(); token {
	case json.Delim('{'):
		for w.json.More() {
			name, _ := w.token().(string)
			switch name {
			case "_source": // a packet
				w.endFrame()
			case "websocket": // a frame
				w.endFrame()
				w.fields = map[string]string{}
			}
			w.value(name)
		}
		w.token()
	case json.Delim('['):
		for first := true; w.json.More(); first = false {
			if first {
				w.value(key)
			} else {
				w.value("")
			}
		}
		w.token()
	default:
		text, _ := token.(string)
		w.text(key, text)
	}
}

func (w *tsharkWalker) token() json.Token {
	token, err := w.json.Token()
	if err != nil && err != io.EOF {
		w.t.Fatalf("tshark's JSON: %v", err)
	}
	return token
}

func (w *tsharkWalker) text(key, text string) {
	switch {
	case key == "eth_raw" && strings.HasPrefix(text, "020000000000"): // sent to host 0, the client
		w.from = 1
	case key == "eth_raw":
		w.from = 0
	case w.fields != nil && strings.HasPrefix(key, "websocket."):
		w.fields[key] = text
	}
}

// endFrame turns the fields of a frame into its line.
func (w *tsharkWalker) endFrame() {
	f := w.fields
	if f == nil {
		return
	}
	w.fields = nil
	length := w.number("websocket.payload_length", f["websocket.payload_length"])
	for _, name := range []string{"websocket.payload_length_ext_16", "websocket.payload_length_ext_64"} {
		if f[name] != "" {
			length = w.number(name, f[name])
		}
	}
	w.lines[w.from] = append(w.lines[w.from], frameLine(
		f["websocket.fin"] == "1",
		w.number("rsv", f["websocket.rsv"]),
		w.number("opcode", f["websocket.opcode"]),
		f["websocket.mask"] == "1",
		f["websocket.masking_key_raw"],
		length,
		f["websocket.payload_raw"],
	))
}

func (w *tsharkWalker) number(name, text string) uint64 {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return n
}
