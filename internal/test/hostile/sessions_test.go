//go:build linux

package hostile

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// resident returns the resident memory of the program in bytes, as the system counts it.
func (p *program) resident() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kib)
	if err != nil {
		p.t.Fatal(err)
	}
	return n << 10
}

// metric returns a value of the program's metrics.
func (p *program) metric(name string) int {
	c := http.Client{Timeout: 3 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get("http://" + p.addr + "/metrics")
	if err != nil {
		p.t.Error(err)
		return 0
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.Atoi(value)
			if err != nil {
				p.t.Error(err)
			}
			return n
		}
	}
	p.t.Errorf("there is no metric %s", name)
	return 0
}

// session begins a session on /ws/resume, without a token, and sends size bytes in messages whose echoes it neither reads nor acknowledges. It
// leaves the connection open.
func (p *program) session(size int) net.Conn {
	const message = 64 << 10
	c, _ := p.openFor("/ws/resume", "Sec-WebSocket-Protocol: tetherscope.resume.v1\r\n")
	_, _ = c.Write(masked(frame.Text, 0, fmt.Sprintf("resume - 0 0 %d", 1<<20)))
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // the server may have stopped reading: that is an answer, too
	body := strings.Repeat("x", message)
	for n := range size / message {
		if _, err := c.Write(masked(frame.Binary, 0, fmt.Sprintf("m %d 0\n%s", n+1, body))); err != nil {
			break
		}
	}
	return c
}

// TestSessionsWithoutATokenShareABudget proves that 300 sessions whose client takes nothing never hold more than their budget together and a window
// for each (611 MB once), that what the program holds of heap, stacks and resident memory keeps to that, and that the server serves the next client.
func TestSessionsWithoutATokenShareABudget(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and attacks it")
	}
	const sessions, workers, each = 300, 30, 2 << 20
	const window = 2 * (64 << 10) // of a client, and the message that may begin where there is any room
	const counted = 64<<20 + sessions*window
	const around = 60 << 20 // what sockets, buffers and stacks of so many connections take
	p := serve(t)
	p.held()
	before, residentBefore := p.held(), p.resident()
	var list []net.Conn
	t.Cleanup(func() {
		for _, c := range list {
			c.Close()
		}
	})
	opened := make(chan net.Conn, sessions)
	for range workers {
		go func() {
			for range sessions / workers {
				opened <- p.session(each)
			}
		}()
	}
	for range sessions {
		list = append(list, await.Receive(t, opened))
		if n := p.metric("tetherscope_sessions_bytes"); n > counted {
			t.Errorf("the sessions hold %d MiB of messages", n>>20)
		}
	}
	held, resident := p.held()-before, p.resident()-residentBefore // the first has returned to the system what is free
	t.Logf("%d sessions: %d MiB of live heap and stacks, %d MiB resident", sessions, held>>20, resident>>20)
	if held > counted+around {
		t.Errorf("the sessions hold %d MiB", held>>20)
	}
	if resident > 2*(counted+around) {
		t.Errorf("the program grew by %d MiB", resident>>20)
	}
	if !p.alive() {
		t.Error("it no longer serves")
	}
}
