//go:build linux

package hostile

import (
	"bufio"
	"compress/flate"
	"errors"
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
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// most is how many bytes more the program may hold after an attack than before it, and under one that sends nothing that
// the server has to keep for others.
const most = 2 << 20

// program is the server as a process.
type program struct {
	t       *testing.T
	addr    string
	pid     int
	ask     io.Writer      // a line on it asks for a figure,
	answers *bufio.Scanner // which arrives as a line here
}

// serve builds the program and runs it until the test ends.
func serve(t *testing.T) *program {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tetherscope")
	if out, err := exec.Command("go", "build", "-o", name, "github.com/tetherscope/tetherscope/internal/test/hostile/attacked").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := &program{t: t}
	cmd := exec.Command(name, "-addr", "127.0.0.1:0", "-ring", "1", "-log", "off", "-address-dials", "1000000", "-address-rate", "1000000", "-rate", "1000")
	// The world stops for a collection: one that ran beside the program would count as held what is allocated meanwhile.
	cmd.Env = append(os.Environ(), "GODEBUG=gcstoptheworld=1")
	var err1, err2 error
	var out io.Reader
	p.ask, err1 = cmd.StdinPipe()
	out, err2 = cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	p.answers = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed program to end", func() { _ = cmd.Wait() })
	})
	await.Return(t, "the program to print its address", func() { p.answers.Scan() })
	if p.addr = p.answers.Text(); !p.alive() {
		t.Fatalf("it does not answer at %q: %v", p.addr, p.answers.Err())
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

// held returns how many bytes of heap and stacks the program holds, after a collection.
func (p *program) held() (bytes int) {
	p.t.Helper()
	await.Return(p.t, "the program to measure itself", func() {
		_, err := fmt.Fprintln(p.ask)
		if err != nil || !p.answers.Scan() {
			p.t.Errorf("it does not answer: %v, %v", err, p.answers.Err())
			return
		}
		if bytes, err = strconv.Atoi(p.answers.Text()); err != nil {
			p.t.Error(err)
		}
	})
	return bytes
}

// growth returns by how much what the program holds grew at most while attack ran.
func (p *program) growth(attack func()) int {
	base, peak := p.held(), 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		attack()
	}()
	for {
		peak = max(peak, p.held())
		select {
		case <-done:
			return max(peak, p.held()) - base
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
func (p *program) open(path string) (net.Conn, *bufio.Reader) { return p.openFor(path, "") }

// openFor is open with further fields.
func (p *program) openFor(path, fields string) (net.Conn, *bufio.Reader) {
	c := p.dial()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%[2]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n%s\r\n", path, p.addr, fields)
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

// TestHostileClientsCostLittleMemory: under each attack, once warm, the program holds a bounded number of bytes more, of live heap
// and stacks; afterwards it has let them go but for 2 MB. It gives the promised answer, and serves the next client.
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
		under  int // how many bytes more the program may hold while the attack runs
		attack func()
	}{
		{"80,000 pings, no pong read", 2 * most, func() { p.unread("/ws/echo", masked(frame.Ping, 0, strings.Repeat("x", 125)), 80_000) }},
		{"messages of 64 KiB, no echo read", 8 * most, func() { p.unread("/ws/echo", masked(frame.Binary, 0, strings.Repeat("x", 64<<10)), 1000) }},
		{"the same in the application", 8 * most, func() { p.unread("/ws/bin", masked(frame.Binary, 0, strings.Repeat("x", 64<<10)), 500) }},
		{"256 MB in 260 KB", 4 * most, func() {
			for _, path := range []string{"/ws/echo", "/ws/bin"} {
				c, r := p.open(path)
				go func() { _, _ = c.Write(explosive) }()
				if code := closed(r); code != 1009 {
					t.Errorf("%s: the bomb was answered with %d", path, code)
				}
				c.Close()
			}
		}},
		{"2,000 header fields", most, func() { refused(head + fields.String() + "\r\n") }},
		{"a header field of 2 MB", most, func() { refused(head + "X: " + strings.Repeat("y", 2<<20) + "\r\n\r\n") }},
		{"a token of a million dots in the query", most, func() { refused("GET /ws/chat?token=" + dots + " HTTP/1.1\r\nHost: " + p.addr + "\r\n\r\n") }},
		{"the same as bearer", most, func() {
			refused("POST /app/ticket HTTP/1.1\r\nHost: " + p.addr + "\r\nContent-Length: 0\r\nAuthorization: Bearer " + dots + "\r\n\r\n")
		}},
		{"the same as first message", most, func() {
			c, r := p.open("/ws/chat?auth=message")
			go func() { _, _ = c.Write(masked(frame.Text, 0, `{"type":"auth","token":"`+dots+`"}`)) }()
			if code := closed(r); code != 1009 && code != 4001 {
				t.Errorf("it was answered with %d", code)
			}
			c.Close()
		}},
	} {
		t.Run(a.name, func(t *testing.T) {
			a.attack() // what is made once and kept is there now
			p.cheap(t, a.under, a.attack)
		})
	}
	t.Run("half a request, then a header per second", func(t *testing.T) {
		p.cheap(t, most, func() {
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

// cheap fails when the program holds more than under bytes more while attack runs, or more than most after it, or does not
// serve any longer.
func (p *program) cheap(t *testing.T, under int, attack func()) {
	t.Helper()
	p.held() // the first collection empties pools
	before := p.held()
	grew := p.growth(attack)
	t.Logf("grew by %d KiB", grew>>10)
	if grew > under {
		t.Errorf("what the program holds grew by %d KiB, at most %d KiB may", grew>>10, under>>10)
	}
	await.Until(t, "what the attack made the program hold to be let go", func() bool { return p.held()-before <= most })
	if !p.alive() {
		t.Error("it no longer serves")
	}
}
