// These tests prove that a WebSocket connection through a proxy is, for both of its ends, the connection that they would
// have without it: the same bytes and the same end, whatever passes and however it ends.
package proxy

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// conversation is what two ends do, decided before they meet.
type conversation struct {
	request, answer string
	steps           []step
	eager           bool // the client says its first step with the request, before there is an answer
	end             ending
	last            []byte // said by the other end after a FIN
}

type step struct {
	client bool // the client says it
	bytes  []byte
}

type ending int

const (
	clientFin ending = iota
	serverFin
	clientReset
	serverReset
	endings
)

// view is what both ends saw.
type view struct {
	server, client       string // bytes
	serverEnd, clientEnd string
}

// TestBothEndsSeeWhatTheyWouldSeeWithoutIt runs each conversation twice, without the proxy and through it. Every end reads
// what the other said before it speaks, so that both runs are bound to be equal. TETHERSCOPE_CYCLES says how many there are;
// make faults asks for 10,000.
func TestBothEndsSeeWhatTheyWouldSeeWithoutIt(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 300
	}
	if many, err := strconv.Atoi(os.Getenv("TETHERSCOPE_CYCLES")); err == nil {
		n = many
	}
	const workers = 4
	for w := range workers {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			p := stand(t, "x=ws://"+l.Addr().String(), Options{})
			for i := range n / workers {
				c := invent(rand.New(rand.NewPCG(uint64(w), uint64(i))), l.Addr().String())
				direct := hold(t, c, l, l.Addr().String(), c.request)
				through := hold(t, c, l, p.addr, strings.Replace(c.request, l.Addr().String(), p.addr, 1))
				if direct != through {
					t.Fatalf("conversation %d %d\nwithout %+q\nthrough %+q", w, i, direct, through)
				}
			}
		})
	}
}

// invent makes up a conversation.
func invent(r *rand.Rand, host string) conversation {
	deflate := []string{"", "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"}[r.IntN(3)]
	c := conversation{end: ending(r.IntN(int(endings)))}
	answer := []string{"HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "CONNECTION: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}
	var fields []string
	if deflate != "" {
		fields = append(fields, "Sec-WebSocket-Extensions: "+deflate)
		answer = append(answer, "Sec-WebSocket-Extensions:  "+deflate)
	}
	if r.IntN(4) == 0 {
		fields = append(fields, "cookie: a=b", "X-Long: "+strings.Repeat("y", r.IntN(9000)))
		answer = append(answer, "Set-Cookie: c=d", "x-long: "+strings.Repeat("z", r.IntN(9000)))
	}
	c.request = upgrade(fmt.Sprintf("/chat/%d?q=%%20", r.IntN(9)), host, fields...)
	c.answer = strings.Join(answer, "\r\n") + "\r\n\r\n"
	var packers [2]packer
	for range r.IntN(12) {
		by := r.IntN(2)
		c.steps = append(c.steps, step{by == 0, utter(r, by == 0, deflate, &packers[by])})
	}
	c.eager = len(c.steps) > 0 && c.steps[0].client && r.IntN(2) == 0
	if c.end <= serverFin && r.IntN(2) == 0 {
		c.last = utter(r, c.end == serverFin, deflate, &packer{})
	}
	return c
}

// packer compresses the messages of one direction.
type packer struct {
	w   *flate.Writer
	out bytes.Buffer
}

func (p *packer) pack(b []byte, takeover bool) []byte {
	p.out.Reset()
	if p.w == nil || !takeover {
		p.w, _ = flate.NewWriter(&p.out, 6)
	}
	_, _ = p.w.Write(b)
	_ = p.w.Flush()
	return bytes.Clone(bytes.TrimSuffix(p.out.Bytes(), []byte{0, 0, 0xff, 0xff}))
}

// utter makes up some bytes: frames of every kind, right and wrong, whole and cut, several at once.
func utter(r *rand.Rand, masked bool, deflate string, p *packer) (b []byte) {
	for range 1 + r.IntN(4) {
		h := frame.Header{Fin: r.IntN(3) > 0, Opcode: frame.Opcode(r.IntN(16)), Masked: masked != (r.IntN(20) == 0)}
		h.Key = [4]byte{byte(r.Uint32()), byte(r.Uint32()), 1, 0}
		payload := []byte(strings.Repeat("lorem ipsum ", r.IntN(20)))
		switch r.IntN(8) {
		case 0: // noise
			payload = make([]byte, r.IntN(70_000))
			for i := range payload {
				payload[i] = byte(r.Uint32())
			}
		case 1, 2:
			h.Opcode, h.Fin, payload = frame.Text, true, []byte("héllo")
		case 3, 4:
			h.Opcode, h.Fin = frame.Text, true
			if deflate != "" {
				h.Rsv, payload = frame.RSV1, p.pack(payload, deflate == "permessage-deflate")
			}
		case 5:
			h.Opcode, h.Fin, payload = []frame.Opcode{frame.Ping, frame.Pong, frame.Close}[r.IntN(3)], true, []byte("\x03\xe8bye")
		case 6:
			h.Rsv = uint8(1 + r.IntN(7))
		}
		b = frame.AppendFrame(b, h, payload)
	}
	if r.IntN(6) == 0 {
		b = b[:1+r.IntN(len(b))]
	}
	return b
}

// hold lets a conversation take place between a client that dials addr and the server behind l.
func hold(t *testing.T, c conversation, l net.Listener, addr, request string) (v view) {
	t.Helper()
	client, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	first := []byte(request)
	if c.eager {
		first = append(first, c.steps[0].bytes...)
	}
	go func() { _, _ = client.Write(first) }()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, nc := range []net.Conn{client, server} {
		_ = nc.SetDeadline(time.Now().Add(2 * time.Minute))
	}
	hear := func(by net.Conn, n int) string {
		b := make([]byte, n)
		m, err := io.ReadFull(by, b)
		if err != nil {
			t.Fatalf("%d of %d bytes: %v", m, n, err)
		}
		return string(b)
	}
	v.server = hear(server, len(c.request))
	_, _ = io.WriteString(server, c.answer)
	v.client = hear(client, len(c.answer))
	for i, s := range c.steps {
		from, to, into := server, client, &v.client
		if s.client {
			from, to, into = client, server, &v.server
		}
		if i > 0 || !c.eager {
			go func() { _, _ = from.Write(s.bytes) }()
		}
		*into += hear(to, len(s.bytes))
	}
	ends, other, sees, otherSees := client, server, &v.clientEnd, &v.serverEnd
	received, early := &v.client, &v.server
	if c.end == serverFin || c.end == serverReset {
		ends, other, sees, otherSees = server, client, &v.serverEnd, &v.clientEnd
		received, early = &v.server, &v.client
	}
	if c.end >= clientReset {
		_ = ends.(*net.TCPConn).SetLinger(0)
		_ = ends.Close()
		*otherSees = rest(other, early)
		return v
	}
	_ = ends.(*net.TCPConn).CloseWrite()
	*otherSees = rest(other, early)
	go func() {
		_, _ = other.Write(c.last)
		_ = other.Close()
	}()
	*sees = rest(ends, received)
	return v
}

// rest reads to the end and says what it was.
func rest(c net.Conn, into *string) string {
	b, err := io.ReadAll(c)
	*into += string(b)
	switch {
	case err == nil:
		return "FIN"
	case errors.Is(err, syscall.ECONNRESET):
		return "RST"
	}
	return err.Error()
}

// opened returns both ends of an open connection through a proxy.
func opened(t testing.TB, p *standing, l net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(client, upgrade("/", "x"))
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	for _, nc := range []net.Conn{client, server} {
		_ = nc.SetDeadline(time.Now().Add(2 * time.Minute))
	}
	b := make([]byte, len(upgrade("/", l.Addr().String())))
	if _, err := io.ReadFull(server, b); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(server, switching)
	if _, err := io.ReadFull(client, make([]byte, len(switching))); err != nil {
		t.Fatal(err)
	}
	return client, server
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// TestASideThatDoesNotReadStopsTheOther: the writer stalls, the proxy's memory does not grow, and once the reader reads,
// every byte is there.
func TestASideThatDoesNotReadStopsTheOther(t *testing.T) {
	l := listen(t)
	p := stand(t, "x=ws://"+l.Addr().String(), Options{})
	client, server := opened(t, p, l)
	const total = 64 << 20
	var written atomic.Int64
	done := make(chan error, 1)
	go func() {
		block := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Binary}, make([]byte, 1<<20-10))
		for written.Load() < total {
			n, err := server.Write(block)
			written.Add(int64(n))
			if err != nil {
				done <- err
				return
			}
		}
		done <- server.(*net.TCPConn).CloseWrite()
	}()
	before := int64(-1)
	for now := written.Load(); now != before; now = written.Load() {
		before = now
		time.Sleep(300 * time.Millisecond)
	}
	if before >= total/2 {
		t.Fatalf("%d bytes went to a client that does not read", before)
	}
	await.Until(t, "no more than 64 MiB of heap are in use while the writer waits", func() bool { // what other tests left goes with a collection or two
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse <= 64<<20
	})
	n, err := io.Copy(io.Discard, client)
	if failed := await.Receive(t, done); failed != nil || err != nil || n != written.Load() {
		t.Errorf("%d of %d bytes: %v, %v", n, written.Load(), failed, err)
	}
}

// TestTheEndOfTheProgramIsAFIN: behind everything that was passed on; a side that does not answer is cut in the end.
func TestTheEndOfTheProgramIsAFIN(t *testing.T) {
	l := listen(t)
	p := stand(t, "x=ws://"+l.Addr().String(), Options{})
	client, server := opened(t, p, l)
	_, _ = io.WriteString(client, "last")
	_, _ = io.WriteString(server, "words")
	var toServer, toClient string
	if _, err := io.ReadFull(server, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	begin := time.Now()
	closed := make(chan struct{})
	go func() { p.Close(ctx); close(closed) }()
	if end := rest(server, &toServer); end != "FIN" {
		t.Errorf("the server sees %s", end)
	}
	if end := rest(client, &toClient); end != "FIN" {
		t.Errorf("the client sees %s", end)
	}
	await.Closed(t, closed)
	if took := time.Since(begin); took > time.Minute+lastWords {
		t.Errorf("took %v", took)
	}
	if toServer+toClient != "" {
		t.Errorf("%q %q", toServer, toClient)
	}
	late, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	_, _ = io.WriteString(late, upgrade("/", "x"))
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.WriteString(c, switching)
			_ = c.Close()
		}
	}()
	_ = late.SetDeadline(time.Now().Add(2 * time.Minute))
	if b, err := io.ReadAll(late); len(b) > 0 || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the end: %q, %v", b, err)
	}
}
