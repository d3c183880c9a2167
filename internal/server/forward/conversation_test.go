package forward

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// script is what each side of a random conversation sends behind the handshake, and who speaks first: whatever a WebSocket may
// carry, broken frames included, for the proxy changes nothing.
type script struct {
	up, down []byte
	pieces   int // sizes of writes, at most
}

func randomScript(r *rand.Rand) script {
	side := func(mask bool) []byte {
		var b []byte
		for range r.IntN(6) {
			b = append(b, randomFrame(r, mask)...)
		}
		return b
	}
	return script{side(r.IntN(10) > 0), side(r.IntN(10) == 0), 1 + r.IntN(2000)}
}

// randomFrame is mostly right: reserved bits and opcodes, fragments, any length up to 3,000 bytes, and now and then garbage.
func randomFrame(r *rand.Rand, mask bool) []byte {
	payload := make([]byte, r.IntN(3000))
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	if r.IntN(20) == 0 {
		return payload
	}
	b := []byte{byte(r.IntN(2))<<7 | byte(r.IntN(8)/7)<<4 | byte(r.IntN(16)), 0}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	default:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	if mask {
		b[1] |= 0x80
		b = binary.BigEndian.AppendUint32(b, r.Uint32())
	}
	return append(b, payload...)
}

// converse answers a handshake and plays the server's part: it writes its side, ends it, and returns what came.
func converse(c net.Conn, s script, answer string) ([]byte, error) {
	if _, err := readHead(c); err != nil {
		return nil, err
	}
	return exchange(c.(halfCloser), append([]byte(answer), s.down...), s.pieces)
}

// readHead reads a head byte by byte, so that nothing behind it is taken.
func readHead(c net.Conn) (head []byte, err error) {
	one := make([]byte, 1)
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if _, err := io.ReadFull(c, one); err != nil {
			return head, err
		}
		head = append(head, one...)
	}
	return head, nil
}

// halfCloser is a connection whose directions end one by one.
type halfCloser interface {
	io.ReadWriter
	CloseWrite() error
}

// exchange writes in pieces, ends the sending direction, and returns what is read until the other side has ended.
func exchange(c halfCloser, send []byte, pieces int) ([]byte, error) {
	var writing sync.WaitGroup // the connection has a deadline
	var wrote error
	writing.Go(func() {
		for len(send) > 0 && wrote == nil {
			n := min(pieces, len(send))
			_, wrote = c.Write(send[:n])
			send = send[n:]
		}
		if wrote == nil {
			wrote = c.CloseWrite()
		}
	})
	got, err := io.ReadAll(c)
	writing.Wait()
	return got, errors.Join(err, wrote)
}

const (
	asked    = "GET /ws HTTP/1.1\r\nHost: x.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	answered = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\nX-Odd:  spaces \r\n\r\n"
)

// TestConversationsAreByteEqual: 1,000 random conversations, through CONNECT and TLS that is read, give each side the bytes and the end
// that the other one sent, as without a proxy.
func TestConversationsAreByteEqual(t *testing.T) {
	conversations := 1000
	if testing.Short() {
		conversations = 50
	}
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*leaf}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	roots := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} // the way is what is tested here, not the names
	s := stand(t, nil, func(o *Options) { o.Upstream = proxy.Options{TLS: roots} })
	config := s.trusting()
	config.ServerName = "127.0.0.1"
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range conversations {
		if through, direct := talk(t, s, l, config, randomScript(r)); through != direct {
			t.Fatalf("conversation %d of seed %d differs: %.200q through the proxy, %.200q sent", i, seed, through, direct)
		}
	}
}

// talk has one conversation through the proxy, and returns what arrived at both sides and what was sent.
func talk(t *testing.T, s *standing, l net.Listener, config *tls.Config, words script) (arrived, sent string) {
	t.Helper()
	type result struct {
		got []byte
		err error
	}
	at := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			at <- result{nil, err}
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(patience))
		got, err := converse(c, words, answered)
		at <- result{got, err}
	}()
	c := tls.Client(s.tunnelTo(t, l.Addr().String()), config)
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, asked); err != nil {
		t.Fatal(err)
	}
	head, err := readHead(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exchange(c, words.up, words.pieces)
	got = append(head, got...)
	server := await.Receive(t, at)
	if err := errors.Join(err, server.err); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	enc := base64.StdEncoding.EncodeToString
	return enc(got) + " " + enc(server.got), enc(append([]byte(answered), words.down...)) + " " + enc(words.up)
}
