package cluster_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// patience is how long a test waits for what must come. It is no promise of the cluster: a machine may be busy.
const patience = 2 * time.Minute

const secret = "a secret for the test cluster, long enough"

// run starts Redis, three nodes and nginx. Where the programs are not installed the test is skipped, or fails where
// TETHERSCOPE_REQUIRE_TOOLS is set.
func run(t *testing.T, timeout time.Duration, flags ...string) *cluster.Cluster {
	t.Helper()
	return runOn(t, cluster.KindSingle, timeout, flags...)
}

// runOn is run with a kind of Redis.
func runOn(t *testing.T, kind cluster.Kind, timeout time.Duration, flags ...string) *cluster.Cluster {
	t.Helper()
	for _, program := range []string{"redis-server", "nginx"} {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if _, err := os.Stat("/usr/sbin/" + program); err == nil {
			continue
		}
		if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	c, err := cluster.Run(t.Context(), cluster.Config{
		Dir: t.TempDir(), Kind: kind, Timeout: timeout,
		Node: func(i int, addr, redisURL, front string) *exec.Cmd {
			return nodeCommand(i, addr, redisURL, front, flags...)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, p := range c.Nodes {
				b, _ := os.ReadFile(p.Log)
				t.Logf("%s:\n%s", p.Name, b)
			}
		}
	})
	return c
}

// nodeCommand is this test program as the node i.
func nodeCommand(i int, addr, redisURL, front string, flags ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"-addr", addr, "-allow-origin", front, "-trusted-proxy", "127.0.0.1/32", "-jwt-secret", secret, "-node", fmt.Sprintf("node%d", i+1), "-redis-timeout", patience.String()}, flags...)...)
	cmd.Env = append(os.Environ(), nodeEnv+"=1", "TETHERSCOPE_REDIS="+redisURL)
	return cmd
}

func token(t *testing.T, user string) string {
	t.Helper()
	key, err := auth.NewSecret("secret", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		t.Fatal(err)
	}
	s, err := v.Issue(user, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// peer is a chat client. One goroutine reads for it, so that its pongs go out while the test does other things.
type peer struct {
	t        *testing.T
	conn     *websocket.Conn
	id, node string
	got      chan message
}

type message map[string]any

// join connects user to a node, or through nginx.
func join(t *testing.T, base, user, front string) *peer {
	t.Helper()
	return joinWith(t, base, token(t, user), front)
}

func joinWith(t *testing.T, base, token, front string) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(base, "http", "ws", 1)+"/ws/chat?token="+token, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {front}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, conn: conn, got: make(chan message, 10000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(p.got)
		for {
			_, b, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(b, &m) == nil {
				p.got <- m
			}
		}
	}()
	t.Cleanup(func() {
		conn.CloseNow()
		await.Closed(t, done)
	})
	w := p.expect(chat.TypeWelcome)
	p.id, p.node = w["clientId"].(string), w["server"].(string)
	return p
}

func (p *peer) say(m message) {
	p.t.Helper()
	b, _ := json.Marshal(m)
	if err := p.conn.Write(p.t.Context(), websocket.MessageText, b); err != nil {
		p.t.Fatal(err)
	}
}

// next returns what comes; ok is false when the connection has ended.
func (p *peer) next() (m message, ok bool) {
	p.t.Helper()
	select {
	case m, ok = <-p.got:
		return m, ok
	case <-time.After(patience):
		p.t.Fatalf("nothing came within %v", patience)
		return nil, false
	}
}

// nextButGaps is next that passes over notices of a gap. They may come at any time: a node that is killed may have had messages
// for this client, and on a slow machine one that lives is taken for dead at times.
func (p *peer) nextButGaps() (m message, ok bool) {
	p.t.Helper()
	for {
		if m, ok = p.next(); !ok || m["type"] != chat.TypeGap {
			return m, ok
		}
	}
}

// expect returns the next message, which must have the type.
func (p *peer) expect(name string) message {
	p.t.Helper()
	next := p.nextButGaps
	if name == chat.TypeGap {
		next = p.next
	}
	m, ok := next()
	if !ok || m["type"] != name {
		p.t.Fatalf("got %v (open %v), want %s", m, ok, name)
	}
	return m
}

// await skips messages until one of the type.
func (p *peer) await(name string) message {
	p.t.Helper()
	return p.awaitWhere(name, func(message) bool { return true })
}

// awaitWhere skips messages until one of the type that is right.
func (p *peer) awaitWhere(name string, right func(message) bool) message {
	p.t.Helper()
	for {
		m, ok := p.next()
		if !ok {
			p.t.Fatalf("the connection ended before a %s came", name)
		}
		if m["type"] == name && right(m) {
			return m
		}
	}
}

// silent proves that nothing but p's own pong is under way from its node, and, after a round of everybody's messages,
// from any.
func (p *peer) silent() {
	p.t.Helper()
	p.say(message{"type": "ping"})
	p.expect(chat.TypePong)
}

// onEachNode joins one client per node, directly.
func onEachNode(t *testing.T, c *cluster.Cluster) []*peer {
	t.Helper()
	var peers []*peer
	for i, addr := range c.Addrs {
		peers = append(peers, join(t, "http://"+addr, []string{"ada", "bob", "cy"}[i], c.URL))
	}
	return peers
}

// TestMessagesCrossNodesOnce: chat, broadcast and private messages between three nodes, each exactly once, and presence
// that knows everybody.
func TestMessagesCrossNodesOnce(t *testing.T) {
	c := run(t, 0)
	peers := onEachNode(t, c)
	if peers[0].node == peers[1].node || peers[1].node == peers[2].node {
		t.Fatalf("not three nodes: %s %s %s", peers[0].node, peers[1].node, peers[2].node)
	}
	present(t, peers[0], 3)
	for i, from := range peers {
		from.say(message{"type": "chat", "message": "to all"})
		for _, p := range peers {
			if m := p.expect(chat.TypeChat); m["from"] != from.id || m["message"] != "to all" {
				t.Errorf("got %v", m)
			}
		}
		from.say(message{"type": "broadcast", "content": "hear"})
		for _, p := range peers {
			if m := p.expect(chat.TypeBroadcast); m["sender"] != from.id {
				t.Errorf("got %v", m)
			}
		}
		to := peers[(i+1)%3]
		from.say(message{"type": "private", "targetId": to.id, "message": "psst"})
		if m := to.expect(chat.TypePrivate); m["from"] != from.id || m["message"] != "psst" {
			t.Errorf("got %v", m)
		}
	}
	for _, p := range peers {
		p.silent()
	}
	peers[0].say(message{"type": "private", "targetId": strings.Repeat("a", chat.IDLength), "message": "psst"})
	peers[0].expect(chat.TypeError)
}

// present waits until p's node sees n clients.
func present(t *testing.T, p *peer, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		p.say(message{"type": "presence"})
		m := p.await(chat.TypePresence)
		if total, _ := m["total"].(float64); int(total) == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("presence is %v, want %d clients", m, n)
		}
	}
}

// TestKilledNodeVanishes: the clients of a node that was killed are present no more, the others stay, and through nginx
// its clients get a node that lives.
func TestKilledNodeVanishes(t *testing.T) {
	c := run(t, 0)
	peers := onEachNode(t, c)
	present(t, peers[0], 3)
	c.Nodes[2].Kill()
	if m, open := peers[2].nextButGaps(); open {
		t.Fatalf("a message from a killed node: %v", m)
	}
	present(t, peers[0], 2)
	for range 6 { // as often as nginx needs to have tried each node
		back := join(t, c.URL, "cy", c.URL)
		back.silent()
		if back.node == peers[2].node {
			t.Fatal("nginx led to a node that is dead")
		}
	}
}

// TestRedisRestarts: while Redis is away each node goes on for its own clients, who are informed of the gap; when it is back
// the gap is ended and messages cross again.
func TestRedisRestarts(t *testing.T) {
	c := run(t, 0)
	peers := onEachNode(t, c)
	present(t, peers[0], 3)
	c.Redis.Kill()
	for _, p := range peers {
		p.awaitWhere(chat.TypeGap, func(m message) bool { return m["until"] == nil }) // it lasts
	}
	peers[0].say(message{"type": "chat", "message": "alone"})
	peers[0].await(chat.TypeChat)
	late := join(t, "http://"+c.Addrs[0], "dan", c.URL)
	late.awaitWhere(chat.TypeGap, func(m message) bool { return m["until"] == nil }) // a client that joins during a gap is informed of it
	peers[0].say(message{"type": "private", "targetId": peers[1].id, "message": "psst"})
	peers[0].await(chat.TypeError)
	if err := c.Redis.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range append(peers, late) {
		p.awaitWhere(chat.TypeGap, func(m message) bool { return m["until"] != nil })
	}
	present(t, peers[0], 4)
	peers[0].say(message{"type": "chat", "message": "together"})
	for _, p := range peers {
		p.awaitWhere(chat.TypeChat, func(m message) bool { return m["message"] == "together" })
	}
	// What was said alone is missing elsewhere, and counted.
	for _, p := range peers[1:] {
		p.silent()
	}
}

// TestLogoutHoldsOnEveryNode: who logs out on one node loses the connections on all of them, and the token opens nothing any
// more: on no node, and on none that was killed and has started again.
func TestLogoutHoldsOnEveryNode(t *testing.T) {
	c := run(t, 0)
	good := token(t, "ada")
	here, there := joinWith(t, "http://"+c.Addrs[0], good, c.URL), joinWith(t, "http://"+c.Addrs[1], good, c.URL)
	bob := join(t, "http://"+c.Addrs[1], "bob", c.URL)
	here.say(message{"type": "logout"})
	for _, p := range []*peer{here, there} {
		for m, open := p.nextButGaps(); open; m, open = p.nextButGaps() {
			t.Errorf("after the logout came %v", m)
		}
	}
	bob.silent()
	c.Nodes[2].Kill()
	again, err := cluster.Start(t.TempDir(), "node3", nodeCommand(2, c.Addrs[2], c.Redis.URL(), c.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Stop() })
	for _, addr := range c.Addrs {
		if code, reason := refusal(t, "ws://"+addr+"/ws/chat?token="+good, c.URL); code != 4002 || reason != "Logged out" {
			t.Errorf("%s answered the token with %d %q", addr, code, reason)
		}
	}
}

// refusal returns how a connection is closed that the server upgrades. It tries again as long as nothing listens.
func refusal(t *testing.T, url, front string) (websocket.StatusCode, string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		conn, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {front}}})
		if err != nil {
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
			continue
		}
		defer conn.CloseNow()
		_, _, err = conn.Read(t.Context())
		var closed websocket.CloseError
		if !errors.As(err, &closed) {
			t.Fatalf("the token opens the chat: %v", err)
		}
		return closed.Code, closed.Reason
	}
}

// TestNginxReloads: a conversation through nginx goes on over a reload, and new connections come in.
func TestNginxReloads(t *testing.T) {
	c := run(t, 0)
	ada, bob := join(t, c.URL, "ada", c.URL), join(t, c.URL, "bob", c.URL)
	talk := func() {
		t.Helper()
		ada.say(message{"type": "chat", "message": "x"})
		ada.await(chat.TypeChat)
		bob.await(chat.TypeChat)
	}
	talk()
	if err := c.Nginx.Reload(); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "nginx has started new workers and lets the old ones finish", func() bool { return workersFinish(t, c.Nginx) })
	talk()
	join(t, c.URL, "cy", c.URL).silent()
}

// workersFinish reports whether workers from before a reload finish their connections: nginx says so in their process titles,
// after it has started the new ones.
func workersFinish(t *testing.T, n *cluster.Nginx) bool {
	t.Helper()
	master := strconv.Itoa(n.PID())
	children, err := os.ReadFile(filepath.Join("/proc", master, "task", master, "children"))
	if err != nil {
		t.Skip("the workers are found by /proc:", err)
	}
	for pid := range strings.FieldsSeq(string(children)) {
		title, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
		if err == nil && strings.Contains(string(title), "shutting down") {
			return true
		}
	}
	return false
}

// TestHeartbeatKeepsIdleConnections: behind an nginx that cuts connections after three seconds of silence, a client that
// says nothing for seven is still there, because the server pings every second. (In production: 24 h and 30 s.) The margins
// are wide, so that a busy machine is not taken for a broken one.
func TestHeartbeatKeepsIdleConnections(t *testing.T) {
	c := run(t, 3*time.Second, "-heartbeat", "1s")
	ada := join(t, c.URL, "ada", c.URL)
	time.Sleep(7 * time.Second)
	ada.silent()
}

// TestNoTokenInAnyLog: neither nginx nor a node writes down the token that clients put into the URL, whether they are
// served or refused.
func TestNoTokenInAnyLog(t *testing.T) {
	c := run(t, 0)
	good := token(t, "ada")
	join(t, c.URL, "ada", c.URL).silent()
	for _, url := range []string{c.URL + "/ws/chat?token=" + good, c.URL + "/nowhere?token=" + good} {
		res, err := http.Get(url) // no upgrade: refused
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	for _, n := range c.Nodes {
		n.Kill()
	}
	res, err := http.Get(c.URL + "/ws/chat?token=" + good) // no server there: nginx would say so in its error log
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	logs, err := filepath.Glob(filepath.Join(filepath.Dir(c.Nodes[0].Log), "*.log"))
	if err != nil || len(logs) < 6 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), good[:40]) || strings.Contains(string(b), "token=") {
			t.Errorf("%s holds the token:\n%s", filepath.Base(name), b)
		}
		if name == filepath.Join(filepath.Dir(name), "nginx-access.log") && !strings.Contains(string(b), `"GET /ws/chat HTTP/1.1" 101`) {
			t.Errorf("the access log does not know the handshake:\n%s", b)
		}
	}
}
