//go:build !js

package pcap_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wiretap"
)

// nodeServer is an HTTP/2 server that opens WebSockets below /ws, refuses others, and sends back the data that it receives with the
// mask taken off.
const nodeServer = `
const server = require("http2").createServer({ settings: { enableConnectProtocol: true } });
server.on("stream", (stream, headers) => {
  if (headers[":path"].startsWith("/refused")) return stream.respond({ ":status": 403 }, { endStream: true });
  stream.respond({ ":status": 200, "x-server": "node" });
  stream.on("data", (b) => {
    const payload = b.subarray(6).map((c, i) => c ^ b[2 + i % 4]);
    stream.write(Buffer.concat([Buffer.from([b[0], payload.length]), payload]));
    if ((b[0] & 15) == 8) stream.end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));`

// nodeClient opens three WebSockets over one connection at once; the last one is refused.
const nodeClient = `
const client = require("http2").connect("http://" + process.argv[1]);
const frame = (op, text) => Buffer.concat([Buffer.from([0x80 | op, 0x80 | text.length, 1, 2, 3, 4 + op]), Buffer.from(text, "latin1").map((c, i) => c ^ [1, 2, 3, 4 + op][i % 4])]);
let open = 3;
const over = () => { if (--open == 0) client.close(); };
client.on("remoteSettings", () => {
  for (const path of ["/ws/a?token=1", "/ws/b", "/refused"]) {
    const stream = client.request({ ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": path, "sec-websocket-version": "13", "x-same": "in both" });
    stream.on("response", (headers) => { if (headers[":status"] == 200) stream.write(frame(1, "hello " + path)); else over(); });
    let got = 0;
    stream.on("data", (b) => { if (++got == 1) stream.write(frame(8, "\x03\xe8")); });
    stream.on("end", () => { stream.end(); over(); });
  }
});`

// TestWebSocketsOverHTTP2: several WebSockets of one connection between real programs, each a connection of its own here, with its
// pseudo-header fields, its end, and a refused one; and the same again as packets of HTTP/1.
func TestWebSocketsOverHTTP2(t *testing.T) {
	tap := wiretap.New(t, startNode(t, nodeServer))
	if out, err := exec.CommandContext(t.Context(), "node", "-e", nodeClient, tap.Addr).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	await.Until(t, "the end of the connection", func() bool { return tap.Ended(1) })
	name := filepath.Join(t.TempDir(), "a.pcapng")
	tap.Write(t, name, 80)
	list := readSecured(t, name, "")
	checkSockets(t, list)

	var made bytes.Buffer
	w, err := pcap.NewWriter(&made, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, made.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again := readSecured(t, name, "")
	if got, want := frameLines(again), frameLines(list); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// checkSockets holds the records of the three WebSockets to what was said.
func checkSockets(t *testing.T, list []record.Record) {
	t.Helper()
	got := map[string][]string{}
	request, names := map[uint32][]byte{}, map[uint32]string{}
	for i := range list {
		r := &list[i]
		switch r.Kind { //nolint:exhaustive // the others say nothing of a message
		case record.KindRequest:
			request[r.Conn], names[r.Conn] = r.Head, r.Name
		case record.KindResponse:
			h := frame.ParseHandshake(request[r.Conn], r.Head)
			if len(h.Problems) > 0 || h.Proto != "HTTP/2" || !bytes.Contains(request[r.Conn], []byte(":protocol: websocket\r\n")) {
				t.Errorf("%+v", h)
			}
			got[names[r.Conn]] = append(got[names[r.Conn]], fmt.Sprint(h.Status))
		case record.KindFrame:
			got[names[r.Conn]] = append(got[names[r.Conn]], r.Dir.String()+" "+r.Header.Opcode.String()+" "+string(r.Payload))
			if r.Violations != 0 {
				t.Errorf("%+v", r)
			}
		case record.KindClose, record.KindEnd:
			got[names[r.Conn]] = append(got[names[r.Conn]], r.Kind.String())
		}
	}
	for _, name := range []string{"/ws/a", "/ws/b"} {
		text := "hello " + name
		if name == "/ws/a" {
			text += "?token=1"
		}
		want := []string{"200", "out text " + text, "in text " + text, "out close \x03\xe8", "in close \x03\xe8", "close", "end"}
		if !slices.Equal(got[name], want) {
			t.Errorf("%s: %q\nwant %q", name, got[name], want)
		}
	}
	if !slices.Equal(got["/refused"], []string{"403"}) {
		t.Errorf("%q", got["/refused"])
	}
}
