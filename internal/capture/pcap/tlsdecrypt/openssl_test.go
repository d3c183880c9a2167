package tlsdecrypt

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wiretap"
)

// These tests prove with OpenSSL what no Go program can be made to do.

// recorded returns the bytes of one connection of a relay.
func recorded(tap *wiretap.Tap, conn int) (list []piece) {
	for _, p := range tap.Pieces() {
		if p.Conn == conn && p.Data != nil {
			list = append(list, piece{p.Who, p.Data})
		}
	}
	return list
}

// openssl starts a program of OpenSSL with an input that stays open, and returns its output line by line. stop ends it.
func openssl(t *testing.T, args ...string) (in io.WriteCloser, out *bufio.Reader, stop func()) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cmd := exec.CommandContext(ctx, path, args...)
	in, err = cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, bufio.NewReader(pipe), func() {
		cancel()
		await.Return(t, "the killed openssl", func() { _ = cmd.Wait() })
	}
}

// until reads lines up to one that has a text.
func until(t *testing.T, r *bufio.Reader, text string) {
	t.Helper()
	var seen []string
	for {
		line, err := r.ReadString('\n')
		seen = append(seen, line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("no line has %q: %v: %q", text, err, seen)
		}
	}
}

// TestKeyUpdate: data behind updates of the client's keys alone, and of both, is decrypted.
func TestKeyUpdate(t *testing.T) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		_, _ = io.Copy(c, c)
	}()
	tap, name := wiretap.New(t, l.Addr().String()), filepath.Join(t.TempDir(), "keys")
	in, out, stop := openssl(t, "s_client", "-connect", tap.Addr, "-keylogfile", name)
	defer stop()
	until(t, out, "Verify return code")
	for _, line := range []string{"first", "k", "second", "K", "third", "K", "fourth"} {
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if len(line) > 1 {
			until(t, out, line)
		} else {
			until(t, out, "KEYUPDATE")
		}
	}
	stop()
	await.Until(t, "the end of the connection", func() bool { return tap.Ended(1) })
	log, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decrypt(keyLog(t, string(log)), recorded(tap, 0))
	if want := "first\nsecond\nthird\nfourth\n"; err != nil || got[0] != want || got[1] != want {
		t.Errorf("%v: %q", err, got)
	}
}

// opensslServer starts one with a certificate, and returns its address and what it prints behind it.
func opensslServer(t *testing.T, args ...string) (addr string, printed *bufio.Reader, stop func()) {
	t.Helper()
	c := certificate(t, true)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "server.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(name, both, 0o600); err != nil {
		t.Fatal(err)
	}
	in, out, end := openssl(t, append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", name, "-key", name}, args...)...)
	stop = func() {
		end()
		_ = in.Close() // not before: a server whose input ends, ends
	}
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			stop()
			t.Fatal("openssl s_server does not listen")
		}
		if at, ok := strings.CutPrefix(strings.TrimSpace(line), "ACCEPT "); ok {
			return at, out, stop
		}
	}
}

// TestEncryptThenMAC: records of CBC suites whose MAC is that of what was encrypted are decrypted, with every MAC.
func TestEncryptThenMAC(t *testing.T) {
	addr, _, stopServer := opensslServer(t, "-tls1_2", "-rev", "-cipher", "ECDHE-RSA-AES256-SHA384:AES128-SHA256:AES256-SHA")
	defer stopServer()
	for i, suite := range []string{"ECDHE-RSA-AES256-SHA384", "AES128-SHA256", "AES256-SHA"} {
		tap, name := wiretap.New(t, addr), filepath.Join(t.TempDir(), "keys")
		in, out, stop := openssl(t, "s_client", "-tls1_2", "-connect", tap.Addr, "-cipher", suite, "-keylogfile", name)
		if _, err := io.WriteString(in, "hello there\n"); err != nil {
			t.Fatal(err)
		}
		until(t, out, "ereht olleh")
		stop()
		await.Until(t, "the end of the connection", func() bool { return tap.Ended(1) })
		log, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decrypt(keyLog(t, string(log)), recorded(tap, 0))
		if err != nil || got[0] != "hello there\n" || got[1] != "ereht olleh\n" {
			t.Errorf("%d %s: %v: %q", i, suite, err, got)
		}
	}
}

// TestEarlyData: what a client sends before the server has answered (0-RTT, RFC 8446 §2.3) is decrypted, and what follows it; without the
// secret of early data, only what follows.
func TestEarlyData(t *testing.T) {
	addr, server, stopServer := opensslServer(t, "-tls1_3", "-early_data", "-max_early_data", "16384")
	defer stopServer()
	dir := t.TempDir()
	session, early, name := filepath.Join(dir, "session"), filepath.Join(dir, "early"), filepath.Join(dir, "keys")
	if err := os.WriteFile(early, []byte("early words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tap := wiretap.New(t, addr)
	open, out, stop := openssl(t, "s_client", "-tls1_3", "-connect", tap.Addr, "-sess_out", session)
	var ticket []byte
	await.Until(t, "a session ticket", func() bool {
		ticket, _ = os.ReadFile(session) // it may not be there yet
		return bytes.Contains(ticket, []byte("END SSL SESSION"))
	})
	if _, err := io.WriteString(open, "Q\n"); err != nil { // a session of a connection that breaks off is not resumed
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out) // until it has ended
	stop()
	if err := os.WriteFile(session, ticket, 0o600); err != nil { // the program may have been writing another one
		t.Fatal(err)
	}
	in, out, stop := openssl(t, "s_client", "-tls1_3", "-connect", tap.Addr, "-sess_in", session, "-early_data", early, "-keylogfile", name)
	until(t, out, "Early data was accepted")
	if _, err := io.WriteString(in, "later words\n"); err != nil {
		t.Fatal(err)
	}
	until(t, server, "later words")
	stop()
	await.Until(t, "the end of both connections", func() bool { return tap.Ended(2) })
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decrypt(keyLog(t, string(text)), recorded(tap, 1))
	if err != nil || got[0] != "early words\nlater words\n" {
		t.Errorf("%v: %q", err, got)
	}
	without := strings.ReplaceAll(string(text), labelEarly, "X_UNKNOWN")
	if without == string(text) {
		t.Fatalf("no secret of early data was logged: %s", text)
	}
	got, err = decrypt(keyLog(t, without), recorded(tap, 1))
	if err != nil || got[0] != "later words\n" {
		t.Errorf("without its secret: %v: %q", err, got)
	}
}
