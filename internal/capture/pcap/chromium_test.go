//go:build !js

package pcap_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/wiretap"
)

// nodeSecure is a server of HTTP/2 over TLS with a page, and WebSockets that repeat what they receive.
const nodeSecure = `
const pem = require("fs").readFileSync(process.argv[1]);
const server = require("http2").createSecureServer({ key: pem, cert: pem, settings: { enableConnectProtocol: true } });
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (headers[":method"] != "CONNECT") return stream.respond({ ":status": 200, "content-type": "text/html" }), stream.end("<title>here</title>");
  stream.respond({ ":status": 200 });
  stream.on("data", (b) => {
    const payload = b.subarray(6).map((c, i) => c ^ b[2 + i % 4]);
    stream.write(Buffer.concat([Buffer.from([b[0] & 0xBF, payload.length]), payload]));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));`

// TestChromium: a WebSocket of Chromium inside TLS is read with the key log that Chromium writes, over HTTP/1 as tshark reads it, and over
// HTTP/2.
func TestChromium(t *testing.T) {
	for _, version := range []string{"HTTP/1", "HTTP/2"} {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			capture, keyLog := filepath.Join(dir, "a.pcapng"), filepath.Join(dir, "keys.txt")
			var server string
			if version == "HTTP/1" {
				server = greeter(t, func(*tls.Config) {})
			} else {
				server = startNode(t, nodeSecure, pemFile(t, dir))
			}
			tap := wiretap.New(t, server)
			p := chrome.Open(t, chrome.New(t, "--ignore-certificate-errors", "--ssl-key-log-file="+keyLog), "https://"+tap.Addr+"/")
			got := chrome.Get[string](t, p, `new Promise((done, failed) => {
				const s = new WebSocket("wss://`+tap.Addr+`/ws?from=chromium");
				s.onopen = () => s.send("of chromium");
				s.onmessage = (e) => e.data === "of chromium" && done(e.data);
				s.onclose = () => failed("closed");
			})`)
			if got != "of chromium" {
				t.Fatalf("%q", got)
			}
			tap.Write(t, capture, 443)
			list := readSecured(t, capture, keyLog)
			for _, dir := range []record.Dir{record.Out, record.In} {
				if !slices.ContainsFunc(list, func(r record.Record) bool { return r.Dir == dir && string(r.Bytes()) == "of chromium" }) {
					t.Errorf("%s: the message is not among %d records", dir, len(list))
				}
			}
			over2 := len(list) > 0 && bytes.Contains(list[0].Head, []byte(":protocol: websocket"))
			if over2 != (version == "HTTP/2") {
				t.Errorf("%s", list[0].Head)
			}
			if version == "HTTP/1" {
				compareSecured(t, capture, keyLog, list)
			}
		})
	}
}

// startNode starts a server of Node until the test ends, and returns where it listens.
func startNode(t *testing.T, script string, args ...string) (addr string) {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-e", script}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed server", func() { _ = cmd.Wait() })
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "127.0.0.1:" + strings.TrimSpace(port)
}

// pemFile writes a key and a self-signed certificate.
func pemFile(t *testing.T, dir string) (name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: private}) // a buffer takes everything
	_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	name = filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
