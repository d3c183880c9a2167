//go:build linux

package hostile

import (
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// most is how many bytes the program may grow by under one attack.
const most = 2 << 20

// program is the server as a process.
type program struct {
	t    *testing.T
	addr string
	pid  int
}

// serve builds the program and runs it until the test ends. GOGC is low, and the world stops for a collection, so that garbage,
// which comes and goes, is not taken for what is held: while others keep the processors busy, a collector that runs beside the
// program is late by megabytes.
func serve(t *testing.T) *program {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tetherscope")
	if out, err := exec.Command("go", "build", "-o", name, "github.com/tetherscope/tetherscope").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, addr: l.Addr().String()}
	l.Close()
	cmd := exec.Command(name, "-addr", p.addr, "-ring", "1", "-log", "off", "-address-dials", "1000000", "-address-rate", "1000000", "-rate", "1000")
	cmd.Env = append(os.Environ(), "GOGC=5", "GODEBUG=gcstoptheworld=2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(2 * time.Minute); !p.alive(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not answer")
		}
	}
	return p
}

// alive reports whether the program serves.
func (p *program) alive() bool {
	c := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get("http://" + p.addr + "/healthz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// resident returns its resident memory in bytes.
func (p *program) resident() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return kB << 10
}

// growth returns by how much resident memory grew at most while attack ran.
func (p *program) growth(attack func()) int {
	base, peak := p.resident(), 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		attack()
	}()
	for {
		peak = max(peak, p.resident())
		select {
		case <-done:
			return max(peak, p.resident()) - base
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// dial connects.
func (p *program) dial() net.Conn {
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Error(err)
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(3 * time.Minute))
	return c
}

// open does a handshake on path and returns the connection with a reader behind the response.
func (p *program) open(path string) (net.Conn, *bufio.Reader) {
	c := p.dial()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%[2]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", path, p.addr)
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		p.t.Errorf("%s: %v, %v", path, res, err)
	}
	return c, r
}

// closed reads until a close frame, and returns its code, or 0 when none comes.
func closed(r *bufio.Reader) (code uint16) {
	d := frame.NewDecoder(frame.Config{})
	buf := make([]byte, 32<<10)
	for code == 0 {
		n, err := r.Read(buf)
		d.Feed(buf[:n], func(f *frame.Frame) {
			if f.Opcode == frame.Close {
				code, _, _ = frame.ParseClose(f.Payload)
			}
		})
		if err != nil {
			return code
		}
	}
	return code
}

// masked is a client's frame.
func masked(op frame.Opcode, rsv uint8, payload string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: op, Rsv: rsv, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte(payload))
}

// bomb is 260 KB that inflate to 256 MB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b strings.Builder
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, 1<<20))
	_ = w.Flush()
	return masked(frame.Binary, frame.RSV1, strings.TrimSuffix(strings.Repeat(b.String(), 256), "\x00\x00\xff\xff"))
}

// unread sends again and again, and reads nothing, until the server stops reading or times messages have gone out.
func (p *program) unread(path string, message []byte, times int) {
	c, _ := p.open(path)
	defer c.Close()
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	for range times {
		if _, err := c.Write(message); err != nil {
			return
		}
	}
}

// status sends a request and returns the status it is answered with; 0 when the connection just ends.
func (p *program) status(request string) int {
	c := p.dial()
	defer c.Close()
	go func() { _, _ = io.WriteString(c, request) }()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	return res.StatusCode
}

// TestHostileClientsCostLittleMemory: under each attack, once warm, the program grows by less than 2 MB, gives the promised
// answer, and serves the next client.
func TestHostileClientsCostLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and attacks it for half a minute")
	}
	p := serve(t)
	dots := strings.Repeat(".", 1<<20)
	refused := func(request string) {
		if s := p.status(request); s != 0 && s/100 != 4 {
			t.Errorf("%.40q: HTTP %d", request, s)
		}
	}
	explosive := bomb(t)
	var fields strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&fields, "X-%d: y\r\n", i)
	}
	head := "GET /ws/echo HTTP/1.1\r\nHost: " + p.addr + "\r\n"
	for _, a := range []struct {
		name   string
		attack func()
	}{
		{"80,000 pings, no pong read", func() { p.unread("/ws/echo", masked(frame.Ping, 0, strings.Repeat("x", 125)), 80_000) }},
		{"messages of 64 KiB, no echo read", func() { p.unread("/ws/echo", masked(frame.Binary, 0, strings.Repeat("x", 64<<10)), 1000) }},
		{"the same in the application", func() { p.unread("/ws/bin", masked(frame.Binary, 0, strings.Repeat("x", 64<<10)), 500) }},
		{"256 MB in 260 KB", func() {
			for _, path := range []string{"/ws/echo", "/ws/bin"} {
				c, r := p.open(path)
				go func() { _, _ = c.Write(explosive) }()
				if code := closed(r); code != 1009 {
					t.Errorf("%s: the bomb was answered with %d", path, code)
				}
				c.Close()
			}
		}},
		{"2,000 header fields", func() { refused(head + fields.String() + "\r\n") }},
		{"a header field of 2 MB", func() { refused(head + "X: " + strings.Repeat("y", 2<<20) + "\r\n\r\n") }},
		{"a token of a million dots in the query", func() { refused("GET /ws/chat?token=" + dots + " HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n") }},
		{"the same as bearer", func() {
			refused("POST /app/ticket HTTP/1.1\r\nHost: " + p.addr + "\r\nContent-Length: 0\r\nAuthorization: Bearer " + dots + "\r\n\r\n")
		}},
		{"the same as first message", func() {
			c, r := p.open("/ws/chat?auth=message")
			go func() { _, _ = c.Write(masked(frame.Text, 0, `{"type":"auth","token":"`+dots+`"}`)) }()
			if code := closed(r); code != 1009 && code != 4001 {
				t.Errorf("it was answered with %d", code)
			}
			c.Close()
		}},
	} {
		t.Run(a.name, func(t *testing.T) {
			for range 2 {
				a.attack()
			}
			time.Sleep(200 * time.Millisecond) // what has ended is gone by then
			p.cheap(t, a.attack)
		})
	}
	t.Run("half a request, then a header per second", func(t *testing.T) {
		p.cheap(t, func() {
			c := p.dial()
			defer c.Close()
			began := time.Now()
			_, _ = io.WriteString(c, head)
			ended := make(chan struct{})
			go func() {
				_, _ = io.Copy(io.Discard, c)
				close(ended)
			}()
			for i := range 100 {
				_, _ = fmt.Fprintf(c, "X-%d: y\r\n", i)
				select {
				case <-ended:
					if took := time.Since(began); took > time.Minute {
						t.Errorf("cut off after %v", took)
					}
					return
				case <-time.After(time.Second):
				}
			}
			t.Error("never cut off")
		})
	})
}

// cheap fails when the program grows too much under attack, or does not serve after it. What is too much has three chances:
// what an attack makes the program hold it holds each time, while garbage waits for a processor now and then.
func (p *program) cheap(t *testing.T, attack func()) {
	t.Helper()
	grew := most + 1
	for try := 0; try < 3 && grew > most; try++ {
		grew = p.growth(attack)
		t.Logf("grew by %d KiB, to %d KiB", grew>>10, p.resident()>>10)
	}
	if grew > most {
		t.Errorf("resident memory grew by %d KiB", grew>>10)
	}
	if !p.alive() {
		t.Error("it serves nobody any more")
	}
}
