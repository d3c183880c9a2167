//go:build !js

package pcap_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/keyfile"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/tshark"
	"github.com/tetherscope/tetherscope/internal/test/wiretap"
)

// These tests prove that WebSockets inside TLS are read from packets of real programs, with the key log that they write, as tshark
// reads them.

// greeter is a TLS server that greets, and repeats what it receives.
func greeter(t *testing.T, configure func(*tls.Config)) (addr string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for text := []byte("welcome"); err == nil; {
			if err = c.Write(r.Context(), websocket.MessageText, text); err == nil {
				_, text, err = c.Read(r.Context())
			}
		}
	}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	configure(s.TLS)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// readSecured reads a file with a key log.
func readSecured(t *testing.T, name, keyLog string) []record.Record {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var o pcap.Options
	if keyLog != "" {
		keys, closeFile, err := keyfile.Open(keyLog)
		if err != nil {
			t.Fatal(err)
		}
		defer closeFile()
		o.Keys = keys
	}
	var list []record.Record
	err = pcap.ReadWith(bytes.NewReader(b), o, record.Visitor{
		Record: func(r *record.Record) error { list = append(list, r.Clone()); return nil },
		Damage: func(d *record.Damage) { t.Errorf("damage: %v", d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// frameLines returns frames as tshark's are written.
func frameLines(list []record.Record) (lines []string) {
	for i := range list {
		r := &list[i]
		if r.Kind != record.KindFrame {
			continue
		}
		f := tshark.Frame{
			Fin: r.Header.Fin, Rsv: uint64(r.Header.Rsv), Opcode: uint64(r.Header.Opcode), Masked: r.Header.Masked, Length: r.Header.Length,
			Payload: fmt.Sprintf("%x", r.Payload),
		}
		if f.Masked {
			f.Key = fmt.Sprintf("%x", r.Header.Key)
		}
		lines = append(lines, f.String())
	}
	return lines
}

// talk is what a client does with the relay's address; it writes a key log.
type talk func(t *testing.T, addr, keyLog string)

// TestSecuredWebSockets: Go, curl and Node, TLS 1.2 and 1.3, all ciphers that are read, resumed sessions: every frame is that of tshark.
func TestSecuredWebSockets(t *testing.T) {
	for name, c := range map[string]struct {
		configure func(*tls.Config)
		talk      talk
		conns     int
		frames    []string // payloads, at least
	}{
		"Go":                   {func(*tls.Config) {}, goClient(0, 1), 1, []string{"welcome", "hello", strings.Repeat("long ", 5000)}},
		"Go TLS 1.2":           {func(*tls.Config) {}, goClient(tls.VersionTLS12, 1), 1, []string{"welcome", "hello"}},
		"Go resumed":           {func(*tls.Config) {}, goClient(0, 2), 2, []string{"welcome", "hello"}},
		"Go TLS 1.2 resumed":   {func(*tls.Config) {}, goClient(tls.VersionTLS12, 2), 2, []string{"welcome", "hello"}},
		"curl AES-128":         {func(*tls.Config) {}, curl("--tls13-ciphers", "TLS_AES_128_GCM_SHA256"), 1, []string{"welcome"}},
		"curl AES-256":         {func(*tls.Config) {}, curl("--tls13-ciphers", "TLS_AES_256_GCM_SHA384"), 1, []string{"welcome"}},
		"curl ChaCha20":        {func(*tls.Config) {}, curl("--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"), 1, []string{"welcome"}},
		"curl TLS 1.2":         {func(*tls.Config) {}, curl("--tls-max", "1.2"), 1, []string{"welcome"}},
		"curl TLS 1.2 AES-256": {func(*tls.Config) {}, curl("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384"), 1, []string{"welcome"}},
		"curl TLS 1.2 ChaCha20": {
			func(*tls.Config) {}, curl("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-CHACHA20-POLY1305"), 1,
			[]string{"welcome"},
		},
		"curl TLS 1.2 CBC": {
			func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA} }, curl("--tls-max", "1.2"), 1,
			[]string{"welcome"},
		},
		"curl TLS 1.2 CBC SHA-256": {
			func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256} }, curl("--tls-max", "1.2"), 1,
			[]string{"welcome"},
		},
		"curl, another group": {func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP384} }, curl(), 1, []string{"welcome"}}, // HelloRetryRequest
		"Node":                {func(*tls.Config) {}, node, 1, []string{"welcome", "of node"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			capture, keyLog := filepath.Join(dir, "a.pcapng"), filepath.Join(dir, "keys.txt")
			tap := wiretap.New(t, greeter(t, c.configure))
			c.talk(t, tap.Addr, keyLog)
			await.Until(t, "the end of the connections", func() bool { return tap.Ended(c.conns) })
			tap.Write(t, capture, 443)
			list := readSecured(t, capture, keyLog)
			for _, text := range c.frames {
				if !slices.ContainsFunc(list, func(r record.Record) bool { return string(r.Payload) == text }) {
					t.Errorf("%.40q is not among %d records", text, len(list))
				}
			}
			ends := 0
			for i := range list {
				if list[i].Kind == record.KindEnd {
					ends++
				}
				if list[i].Violations&^frame.RepeatedKey != 0 || list[i].Kind == record.KindBroken {
					t.Errorf("%+v", list[i])
				}
			}
			if ends != c.conns {
				t.Errorf("%d ends of %d connections", ends, c.conns)
			}
			if name != "Go TLS 1.2 resumed" { // Go does not log a secret again, and tshark does not know the tickets
				compareSecured(t, capture, keyLog, list)
			}
			b, err := os.ReadFile(capture)
			if err != nil {
				t.Fatal(err)
			}
			var passedOver []string
			err = pcap.Read(bytes.NewReader(b), record.Visitor{
				Record:  func(r *record.Record) error { return fmt.Errorf("a record without a key log: %+v", r) },
				Omitted: func(o *record.Omission) { passedOver = append(passedOver, fmt.Sprint(o.Reason, o.Count)) },
			})
			if want := fmt.Sprint("tls", c.conns); err != nil || !slices.Equal(passedOver, []string{want}) {
				t.Errorf("without a key log: %v, %q", err, passedOver)
			}
		})
	}
}

// compareSecured holds frames against those of tshark on the same file.
func compareSecured(t *testing.T, capture, keyLog string, list []record.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	frames, err := tshark.Frames(ctx, capture, 443, "tls.keylog_file:"+keyLog)
	if errors.Is(err, tshark.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range frames {
		want = append(want, f.String())
	}
	if got := frameLines(list); !slices.Equal(got, want) {
		t.Errorf("%d frames, tshark has %d:\n%.2000s\n\n%.2000s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// goClient is a Go program that connects so often.
func goClient(version uint16, conns int) talk {
	return func(t *testing.T, addr, keyLog string) {
		f, err := os.Create(keyLog)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		config := &tls.Config{InsecureSkipVerify: true, MaxVersion: version, KeyLogWriter: f, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
		for range conns {
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
			c, _, err := websocket.Dial(t.Context(), "wss://"+addr+"/ws", &websocket.DialOptions{HTTPClient: client})
			if err != nil {
				t.Fatal(err)
			}
			c.SetReadLimit(1 << 20)
			for _, text := range []string{"hello", strings.Repeat("long ", 5000)} {
				err = errors.Join(err, c.Write(t.Context(), websocket.MessageText, []byte(text)))
				_, _, e := c.Read(t.Context())
				err = errors.Join(err, e)
			}
			if _, _, e := c.Read(t.Context()); e != nil {
				err = errors.Join(err, e)
			}
			if err = errors.Join(err, c.Close(websocket.StatusNormalClosure, "")); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// external runs a program that writes its key log as SSLKEYLOGFILE says, until it has printed want and logged secrets with these labels: Node
// writes them beside all else, in any order.
func external(t *testing.T, keyLog, want string, labels []string, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "SSLKEYLOGFILE="+keyLog)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []byte
	for buf := make([]byte, 4096); err == nil && !bytes.Contains(printed, []byte(want)); {
		var n int
		n, err = out.Read(buf)
		printed = append(printed, buf[:n]...)
	}
	if err == nil {
		for _, label := range labels {
			await.Until(t, label+" of "+name, func() bool { b, _ := os.ReadFile(keyLog); return bytes.Contains(b, []byte(label+" ")) })
		}
	}
	_ = cmd.Process.Kill()
	await.Return(t, "the killed "+name, func() { _ = cmd.Wait() })
	if err != nil {
		t.Fatalf("%s printed %q, and said %s", name, printed, &errs)
	}
}

// curl asks for a WebSocket and prints what the server sends.
func curl(args ...string) talk {
	return func(t *testing.T, addr, keyLog string) {
		external(t, keyLog, "welcome", nil, "curl", append([]string{
			"-sSkN", "--http1.1", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
			"-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "https://" + addr + "/ws",
		}, args...)...)
	}
}

// secretsOfTLS13 are the labels of the four secrets that protect records.
var secretsOfTLS13 = []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}

// node says something, and ends when that comes back.
func node(t *testing.T, addr, keyLog string) {
	host, port, _ := strings.Cut(addr, ":")
	external(t, keyLog, "of node", secretsOfTLS13, "node", "--tls-keylog="+keyLog, "-e", `
const request = require("https").request({ host: "`+host+`", port: `+port+`, path: "/ws", rejectUnauthorized: false, headers: {
  Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" } });
request.on("upgrade", (response, socket, head) => {
  const show = (b) => process.stdout.write(b);
  show(head);
  socket.on("data", show);
  // Every fourth byte is masked with 1.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x87, 1, 0, 0, 0]), Buffer.from("nf nnde")]));
});
request.end();`)
}
