package e2e

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// startCluster runs three nodes of the real program behind nginx, joined by Redis. Without those tools the test is skipped,
// or fails where they are required.
func startCluster(t *testing.T) *cluster.Cluster {
	t.Helper()
	for tool, elsewhere := range map[string]string{"redis-server": "/usr/bin/redis-server", "nginx": "/usr/sbin/nginx"} {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if _, err := os.Stat(elsewhere); err != nil && os.Getenv(chrome.RequireTools) == "" {
			t.Skipf("%s is not installed", tool)
		}
	}
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // nginx' workers run as another user and pass through
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "tetherscope")
	if out, err := exec.Command("go", "build", "-o", program, "../../..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	secret := rand.Text() + rand.Text()
	k, err := cluster.Run(t.Context(), cluster.Config{Dir: dir, Node: func(i int, addr, redisURL, front string) *exec.Cmd {
		cmd := exec.Command(program, "-addr", addr, "-node", "node"+strconv.Itoa(i+1), "-allow-origin", front, "-trusted-proxy", "127.0.0.1/32", "-dev-tokens")
		cmd.Env = append(os.Environ(), "TETHERSCOPE_REDIS="+redisURL, "TETHERSCOPE_JWT_SECRET="+secret)
		return cmd
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Stop() }) // one of them was killed
	return k
}

// nodeOf returns the number of the node, from 0, that a page is connected to.
func nodeOf(t *testing.T, p *chrome.Page) int {
	t.Helper()
	chrome.Wait(t, p, `document.querySelector('#me b')`)
	var n int
	if _, err := fmt.Sscanf(chrome.Get[string](t, p, `document.querySelector('#me b').textContent`), "node%d", &n); err != nil {
		t.Fatal(err)
	}
	return n - 1
}

// TestTheChatCrossesNodes: three pages, two in JavaScript and one in Go, behind nginx on three nodes, talk as if there were
// one; when a node is killed, its page comes back on another one by itself, and what was written meanwhile is said once.
func TestTheChatCrossesNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and runs it three times")
	}
	built(t, "dist/tether.wasm", "dist/chat.wasm")
	k, b := startCluster(t), chrome.New(t)
	ada, grace, eve := enter(t, b, k.URL+"/chat.html", "Ada"), enter(t, b, k.URL+"/chat-go.html", "Grace"), enter(t, b, k.URL+"/chat.html", "Eve")
	everybody := []*chrome.Page{ada, grace, eve}
	nodes := map[int]bool{}
	for _, p := range everybody {
		nodes[nodeOf(t, p)] = true
		chrome.Wait(t, p, `document.querySelectorAll('#people button').length === 3`)
	}
	if len(nodes) < 2 {
		t.Fatalf("all pages are on the same node: %v", nodes)
	}
	fill(t, ada, "message", "hello, nodes", "send")
	to(t, grace, "Eve")
	fill(t, grace, "message", "psst", "send")
	says(t, eve, "private", "Grace", "psst")
	for _, p := range everybody {
		says(t, p, "chat", "Ada", "hello, nodes")
	}
	was := nodeOf(t, grace)
	k.Nodes[was].Kill()
	// Another node may have her before this looks.
	chrome.Wait(t, grace, `document.querySelector('#state').dataset.state !== 'open' || !document.querySelector('#me b').textContent.startsWith('node`+strconv.Itoa(was+1)+`')`)
	to(t, grace, "chat")
	fill(t, grace, "message", "still here", "send")
	for _, p := range everybody {
		says(t, p, "chat", "Grace", "still here")
		if n := chrome.Get[int](t, p, `[...document.querySelectorAll('.line p')].filter(p => p.textContent === 'still here').length`); n != 1 {
			t.Errorf("it was said %d times", n)
		}
	}
	if now := nodeOf(t, grace); now == was {
		t.Error("Grace is on the node that was killed")
	}
}
