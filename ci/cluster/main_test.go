//go:build !js

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// build compiles a package of the repository into dir.
func build(t *testing.T, dir, name, pkg string) string {
	t.Helper()
	out := filepath.Join(dir, name)
	if b, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

// TestClusterOfTheRealProgram: the printed URL serves the pages, lets a user log in, and carries a chat across nodes; one
// signal stops everything and leaves no folder.
func TestClusterOfTheRealProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the whole system")
	}
	for _, program := range []string{"redis-server", "nginx"} {
		_, err := exec.LookPath(program)
		if _, elsewhere := os.Stat("/usr/sbin/" + program); err != nil && elsewhere != nil {
			if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
				t.Fatalf("%s is not installed", program)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	dir := t.TempDir()
	cmd := exec.Command(build(t, dir, "cluster", "."), "-addr", freePort(t), "-program", build(t, dir, "tetherscope", "../.."))
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	lines := bufio.NewScanner(out)
	url := ""
	for url == "" && lines.Scan() {
		if s := strings.TrimSpace(lines.Text()); strings.HasPrefix(s, "http://") {
			url = strings.TrimSuffix(s, "/chat.html")
		}
	}
	go func() {
		for lines.Scan() {
		}
		ended <- cmd.Wait()
	}()
	defer cmd.Process.Kill()

	talk(t, url)

	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := await.Receive(t, ended); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		conn.Close()
		t.Error("nginx still listens")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tetherscope-cluster-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// talk logs in and chats until a message has crossed from one node to another.
func talk(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var conns []*websocket.Conn
	nodes := map[any]bool{}
	for len(nodes) < 2 {
		conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/ws/chat?token="+login(ctx, t, url), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {url}}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		conns = append(conns, conn)
		nodes[skipTo(ctx, t, conn, chat.TypeWelcome)["server"]] = true
	}
	if err := conns[0].Write(ctx, websocket.MessageText, []byte(`{"type":"chat","message":"across"}`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range conns {
		if m := skipTo(ctx, t, c, chat.TypeChat); m["message"] != "across" || m["user"] != "ada" {
			t.Errorf("got %v", m)
		}
	}
}

// login gets a development token through nginx.
func login(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/app/dev-token", strings.NewReader(`{"user":"ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", url)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("HTTP %d, %v", res.StatusCode, err)
	}
	return answer.Token
}

// skipTo skips messages until one of the type.
func skipTo(ctx context.Context, t *testing.T, c *websocket.Conn, name string) map[string]any {
	t.Helper()
	for {
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if json.Unmarshal(b, &m) == nil && m["type"] == name {
			return m
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
