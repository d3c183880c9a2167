package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/tshark"
)

// chatterFrames is how many frames each of the connections below sends; the server answers with as many messages.
const chatterFrames = 600

// TestTsharkSeesWhatWeRecorded: the bytes that passed on loopback, captured by tcpdump and decoded by tshark, are frame
// for frame what the tap recorded.
func TestTsharkSeesWhatWeRecorded(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	stop := sniff(t, s.addr)
	remotes := []string{}
	for seed, offer := range []string{"", deflateOffer, noTakeover} {
		p := chatter(t, s.addr, offer, chatterFrames, uint64(seed))
		remotes = append(remotes, p.conn.LocalAddr().String())
	}
	file := stop()

	_, port, _ := net.SplitHostPort(s.addr)
	n, _ := strconv.Atoi(port)
	seen, err := tshark.Frames(t.Context(), file, n)
	needed(t, err, tshark.ErrNotInstalled)
	streams := map[string]*[2][]string{}
	for _, f := range seen {
		if streams[f.ClientPort] == nil {
			streams[f.ClientPort] = &[2][]string{}
		}
		dir := record.Out
		if f.FromServer {
			dir = record.In
		}
		streams[f.ClientPort][dir] = append(streams[f.ClientPort][dir], f.String())
	}
	total := 0
	for _, remote := range remotes {
		c := s.connectionOf(t, remote)
		_, port, _ := net.SplitHostPort(remote)
		if streams[port] == nil {
			t.Fatalf("tshark saw no WebSocket from port %s; it saw %d connections", port, len(streams))
		}
		for _, dir := range []record.Dir{record.Out, record.In} {
			total += sameAsTshark(t, fmt.Sprintf("port %s %s", port, dir), c.frames(dir), streams[port][dir])
		}
	}
	if total < 1000 {
		t.Errorf("only %d frames were compared", total)
	}
	t.Logf("%d frames are the same", total)
}

func sameAsTshark(t *testing.T, what string, ours []record.Record, theirs []string) int {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%s: %d frames recorded, tshark saw %d", what, len(ours), len(theirs))
	}
	for i, r := range ours {
		f := tshark.Frame{
			Fin: r.Header.Fin, Rsv: uint64(r.Header.Rsv), Opcode: uint64(r.Header.Opcode), Masked: r.Header.Masked,
			Length: r.Header.Length, Payload: hex.EncodeToString(r.Payload),
		}
		if f.Masked {
			f.Key = hex.EncodeToString(r.Header.Key[:])
		}
		if f.String() != theirs[i] {
			t.Fatalf("%s, frame %d:\n  ours   %.200s\n  tshark %.200s", what, i, f, theirs[i])
		}
	}
	return len(ours)
}

// sniff captures what passes on loopback to and from addr until the returned function is called, which returns the file.
func sniff(t *testing.T, addr string) (stop func() string) {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	needed(t, err, exec.ErrNotFound)
	_, port, _ := net.SplitHostPort(addr)
	file := filepath.Join(t.TempDir(), "loopback.pcap")
	// -U and --immediate-mode: a packet is in the file as soon as it has passed. A large buffer: none is lost.
	cmd := exec.Command(path, "-i", "lo", "-U", "--immediate-mode", "-B", "65536", "-s", "0", "-Z", "root", "-w", file, "tcp port "+port)
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(said)
	var forbidden string
	await.Return(t, "tcpdump listens", func() {
		for forbidden == "" && lines.Scan() && !strings.Contains(lines.Text(), "listening on") {
			if strings.Contains(lines.Text(), "permission") {
				forbidden = lines.Text()
			}
		}
	})
	if forbidden != "" {
		t.Skipf("tcpdump may not capture here: %s", forbidden)
	}
	return func() string {
		settle(t, addr, file)
		cmd.Process.Signal(os.Interrupt)
		var rest []string
		await.Return(t, "tcpdump ends", func() {
			for lines.Scan() {
				rest = append(rest, lines.Text())
			}
			cmd.Wait()
		})
		for _, line := range rest {
			if strings.Contains(line, "dropped by kernel") && !strings.HasPrefix(line, "0 ") {
				t.Fatalf("tcpdump lost packets: %s", line)
			}
		}
		return file
	}
}

// settle waits until tcpdump has written everything that passed: packets are written in their order, and the path of a last
// request marks the end.
func settle(t *testing.T, addr, file string) {
	t.Helper()
	const marker = "/the-end-of-the-capture"
	req, err := http.NewRequestWithContext(await.Context(t), http.MethodGet, "http://"+addr+marker, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	await.Until(t, "the last request is in "+file, func() bool {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(content, []byte("GET "+marker))
	})
}

// needed skips a test whose tool is missing, or fails it where tools are required, and fails it on any other error.
func needed(t *testing.T, err, missing error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, missing) && os.Getenv(chrome.RequireTools) == "":
		t.Skipf("%v", err)
	case errors.Is(err, context.Canceled):
		t.Fatal("the test was cancelled")
	default:
		t.Fatal(err)
	}
}
