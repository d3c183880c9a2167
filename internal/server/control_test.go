// These tests prove that what is sent over the control API is what the peer receives, byte for byte, at the server's own
// endpoints and through a proxy; that what breaks the protocol needs force; and that only those who may can act.
package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

func ref[T any](v T) *T { return &v }

// rawPair is a client and a server of bare TCP with the proxy between them.
type rawPair struct {
	api    *scope.Client
	conn   uint32
	client net.Conn
	server net.Conn
	target string
}

// throughTheProxy joins a raw client with a raw server through a target.
func throughTheProxy(t *testing.T, answer string) *rawPair {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	at, printed := "", ""
	addrs, printed := targetAddrs(t, func(c *Config) { c.Addr = freeAddr(t); at = c.Addr; c.KeyDir = keyDir(t) }, "raw=ws://"+l.Addr().String())
	if len(addrs) != 1 {
		t.Fatal(printed)
	}
	p := &rawPair{target: addrs[0]}
	if p.api, err = scope.Dial(t.Context(), "http://"+at); err != nil {
		t.Fatal(err)
	}
	if p.client, err = net.Dial("tcp", addrs[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.client.Close() })
	_, _ = io.WriteString(p.client, handshake("/", addrs[0]))
	if p.server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.server.Close() })
	for _, c := range []net.Conn{p.client, p.server} {
		_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	}
	readRawHead(t, p.server)
	_, _ = io.WriteString(p.server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+answer+"\r\n")
	readRawHead(t, p.client)
	p.conn = onlyConn(t, p.api)
	return p
}

// onlyConn returns the number of the one connection that is open.
func onlyConn(t *testing.T, api *scope.Client) uint32 {
	t.Helper()
	var id uint32
	await.Until(t, "the connection is listed", func() bool {
		conns, err := api.Conns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(conns) != 1 || !conns[0].ToClient.Ready || !conns[0].ToServer.Ready {
			return false
		}
		id = conns[0].ID
		return true
	})
	return id
}

// freeAddr returns an address that is free now.
func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// readRawHead reads an HTTP head byte by byte, so that nothing behind it is lost.
func readRawHead(t *testing.T, r io.Reader) string {
	t.Helper()
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatalf("%q: %v", head, err)
		}
	}
	return string(head)
}

// byHand encodes one frame the long way, to compare with.
func byHand(fin bool, rsv, op byte, mask bool, key [4]byte, payload []byte) []byte {
	b := []byte{rsv<<4 | op, 0}
	if fin {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = append(b, byte(n>>8), byte(n))
	default:
		b[1] = 127
		b = append(b, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	if !mask {
		return append(b, payload...)
	}
	b[1] |= 0x80
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

// TestThePeerReceivesWhatIsSent: every opcode with FIN and without, all reserved bits, masked or not, whole and in fragments, in
// both directions of a proxied connection whose ends are bare TCP.
func TestThePeerReceivesWhatIsSent(t *testing.T) {
	p := throughTheProxy(t, "")
	key := [4]byte{0xCA, 0xFE, 0xBA, 0xBE}
	n := 0
	for op := range byte(16) {
		for _, fin := range []bool{true, false} {
			for _, shape := range []struct {
				rsv   byte
				mask  bool
				size  int
				split int
				sizes []int
				cuts  []int // where it is cut
			}{
				{rsv: 0},
				{rsv: 1, mask: true, size: 1},
				{rsv: 2, size: 125},
				{rsv: 3, mask: true, size: 126},
				{rsv: 4, size: 200},
				{rsv: 5, mask: true, size: 65535},
				{rsv: 6, size: 65536},
				{rsv: 7, mask: true, size: 70000},
				{size: 10, split: 3, cuts: []int{3, 6}},
				{size: 2, mask: true, split: 4, cuts: []int{0, 1, 1}},
				{size: 300, sizes: []int{0, 130, 170}, cuts: []int{0, 130}},
				{rsv: 4, size: 9, mask: true, sizes: []int{4, 4}, cuts: []int{4, 8}},
			} {
				payload := bytes.Repeat([]byte{op, 0xFF, 'x'}, shape.size)[:shape.size]
				m := act.Message{
					Op: fmt.Sprintf("%#x", op), Hex: ref(fmt.Sprintf("%x", payload)), Fin: ref(fin), Rsv: shape.rsv, Mask: ref(shape.mask),
					Key: "cafebabe", Split: shape.split, Sizes: shape.sizes, Inside: act.InsideForce, Force: true,
				}
				var want []byte
				ends := append(shape.cuts, len(payload))
				for i, to := range ends {
					o, r, from := op, shape.rsv, 0
					if i > 0 {
						o, r, from = 0, 0, ends[i-1]
					}
					want = append(want, byHand(fin && i == len(ends)-1, r, o, shape.mask, key, payload[from:to])...)
				}
				m.To = act.ToClient
				peer := p.client
				if n%2 == 1 {
					m.To, peer = act.ToServer, p.server
				}
				n++
				sent, err := p.api.Send(t.Context(), p.conn, m)
				if err != nil || sent.Bytes != len(want) || sent.Frames != len(shape.cuts)+1 {
					t.Fatalf("%+v: %+v, %v", m, sent, err)
				}
				got := make([]byte, len(want))
				if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("to the %s, %+v:\n got %.200x, %v\nwant %.200x", m.To, m, got, err, want)
				}
			}
		}
	}
}

// TestActingOnTheServersOwnEndpoints: the echo gets what is sent to it, and its client what is sent to that.
func TestActingOnTheServersOwnEndpoints(t *testing.T) {
	s := start(t, nil)
	c := s.open(t, "/ws/echo", offerDeflate)
	api := scope.New("http://"+s.addr, s.Token())
	id := onlyConn(t, api)
	if _, err := api.Send(t.Context(), id, act.Message{To: act.ToServer, Text: ref("echo this"), Split: 3}); err != nil {
		t.Fatal(err)
	}
	c.want(frame.Text, "echo this")
	if _, err := api.Send(t.Context(), id, act.Message{To: act.ToClient, Text: ref("not asked for")}); err != nil {
		t.Fatal(err)
	}
	c.want(frame.Text, "not asked for")
	if err := api.Close(t.Context(), id, act.ToClient, 4001, "over"); err != nil {
		t.Fatal(err)
	}
	if code, _ := c.closed(); code != 4001 {
		t.Errorf("closed with %d", code)
	}
	c.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x0f\xa1")
	var marked []string
	for _, r := range s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd }) {
		if r.Marks != 0 {
			marked = append(marked, r.Describe())
		}
	}
	if got := strings.Join(marked, "\n"); !strings.HasPrefix(got, "↑ Text FIN:0 MASK:1 LEN:3 [injected]\n↑ Continuation") ||
		!strings.Contains(got, "↓ Text FIN:1 MASK:0 LEN:13 [injected]\n↓ Close FIN:1 MASK:0 LEN:6 [injected]\nclose 4001") {
		t.Error(got)
	}
}

// TestRulesNeedForce names the section, and sends all the same with force.
func TestRulesNeedForce(t *testing.T) {
	p := throughTheProxy(t, "")
	m := act.Message{To: act.ToClient, Op: "0xB", Rsv: 2}
	_, err := p.api.Send(t.Context(), p.conn, m)
	var f *act.Failure
	if !errors.As(err, &f) || len(f.Problems) != 2 || f.Problems[1].Section != "RFC 6455 §5.2" {
		t.Fatalf("%v", err)
	}
	m.Force = true
	sent, err := p.api.Send(t.Context(), p.conn, m)
	if err != nil || len(sent.Problems) != 2 {
		t.Errorf("%+v, %v", sent, err)
	}
	_, _ = p.server.Write([]byte{0x01, 0}) // a message begins
	_, _ = io.ReadFull(p.client, make([]byte, 4))
	_, err = p.api.Send(t.Context(), p.conn, act.Message{To: act.ToClient, Text: ref("no")})
	if !errors.As(err, &f) || !strings.Contains(f.Text, "§5.4") {
		t.Errorf("inside a message: %v", err)
	}
}

// TestRepeatLivesAsLongAsItsRequest: it ends when all were sent, with the client that asked, and with the connection, and says so.
func TestRepeatLivesAsLongAsItsRequest(t *testing.T) {
	p := throughTheProxy(t, "")
	rep := act.Repeat{Message: act.Message{To: act.ToClient, Op: "ping", Text: ref("p")}, Every: act.MinEvery, Count: 3}
	var numbers []int
	err := p.api.Repeat(t.Context(), p.conn, rep, func(s act.Sent) error { numbers = append(numbers, s.Number); return nil })
	if err != nil || fmt.Sprint(numbers) != "[1 2 3]" {
		t.Errorf("%v, %v", numbers, err)
	}
	_, _ = io.ReadFull(p.client, make([]byte, 9))
	ctx, cancel := context.WithCancel(t.Context())
	rep.Count = act.MaxCount
	err = p.api.Repeat(ctx, p.conn, rep, func(act.Sent) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	err = p.api.Repeat(t.Context(), p.conn, rep, func(s act.Sent) error {
		if s.Number == 2 {
			return p.api.End(t.Context(), p.conn, act.End{How: act.RST})
		}
		return nil
	})
	var f *act.Failure
	if !errors.As(err, &f) || f.Sent < 2 {
		t.Errorf("%v", err)
	}
	rep.Every = 1
	if err = p.api.Repeat(t.Context(), p.conn, rep, nil); !errors.As(err, &f) {
		t.Errorf("%v", err)
	}
}

// TestEndsThroughTheProxy: FIN and RST reach whom they are meant for.
func TestEndsThroughTheProxy(t *testing.T) {
	for _, c := range []struct {
		end  act.End
		want string
	}{
		{act.End{How: act.FIN, To: act.ToClient}, "client: <nil>"},
		{act.End{How: act.FIN, To: act.ToServer}, "server: <nil>"},
		{act.End{How: act.RST}, "client: reset, server: reset"},
	} {
		t.Run(c.end.How+" "+c.end.To, func(t *testing.T) {
			p := throughTheProxy(t, "")
			if err := p.api.End(t.Context(), p.conn, c.end); err != nil {
				t.Fatal(err)
			}
			for _, part := range strings.Split(c.want, ", ") {
				who, want, _ := strings.Cut(part, ": ")
				peer := p.client
				if who == "server" {
					peer = p.server
				}
				if _, err := io.Copy(io.Discard, peer); !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("the %s saw %v", who, err)
				}
			}
			_ = p.client.Close()
			_ = p.server.Close()
			await.Until(t, "the connection has ended", func() bool {
				err := p.api.End(t.Context(), p.conn, c.end)
				var f *act.Failure
				if err != nil && (!errors.As(err, &f) || f.Text == "") {
					t.Errorf("ending what has ended: %v", err)
				}
				return err != nil
			})
		})
	}
}

// TestOnlyThisMachineActs: whatever address the server listens on, and with everything else in order.
func TestOnlyThisMachineActs(t *testing.T) {
	s := start(t, nil)
	for remote, want := range map[string]int{"127.0.0.1:5": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]:5": 200, "192.0.2.1:5": 403, "[2001:db8::1]:5": 403, "@": 403, "": 403} {
		r := httptest.NewRequest("GET", "http://127.0.0.1/api/conns", nil)
		r.RemoteAddr = remote
		r.Header.Set(feed.TokenHeader, s.Token())
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %q: %d", remote, w.Code)
		}
	}
}

// TestWhoMayAct: without the token, from another page or another Host, no client; and none through a proxy.
func TestWhoMayAct(t *testing.T) {
	s := start(t, nil)
	paths := map[string]string{"/api/conns": "GET", "/api/conns/1/send": "POST", "/api/conns/1/repeat": "POST", "/api/conns/1/end": "POST"}
	for path, method := range paths {
		for name, fields := range map[string][]string{
			"no token":      {"Content-Length: 0"},
			"a wrong token": {"Content-Length: 0", feed.TokenHeader + ": x"},
			"another page":  {"Content-Length: 0", feed.TokenHeader + ": " + s.Token(), "Origin: http://evil.test"},
			"no origin":     {"Content-Length: 0", feed.TokenHeader + ": " + s.Token(), "Origin: null"},
		} {
			if res, _ := s.get(t, method, path, fields...); res.StatusCode != 403 {
				t.Errorf("%s %s with %s: %s", method, path, name, res.Status)
			}
		}
		if res, _ := s.get(t, method, path, "Content-Length: 0", "Host: evil.test", feed.TokenHeader+": "+s.Token()); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s %s of another Host: %s", method, path, res.Status)
		}
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "the target's "+r.URL.Path)
	}))
	defer target.Close()
	addrs, _ := targetAddrs(t, nil, "t="+target.URL)
	for path := range paths {
		for _, field := range []string{"", feed.TokenHeader + ": " + s.Token() + "\r\n"} {
			if _, body := ask(t, addrs[0], "GET "+path+" HTTP/1.1\r\nHost: "+addrs[0]+"\r\n"+field+"\r\n"); body != "the target's "+path {
				t.Errorf("%s through a proxy: %s", path, body)
			}
		}
	}
}

// TestBadRequests: each gets a status and a sentence that says what to do.
func TestBadRequests(t *testing.T) {
	s := start(t, nil)
	_ = s.open(t, "/ws/echo")
	id := onlyConn(t, scope.New("http://"+s.addr, s.Token()))
	send := fmt.Sprintf("/api/conns/%d/send", id)
	for _, c := range []struct {
		path, kind, body string
		status           int
		want             string
	}{
		{send, "text/plain", `{}`, 415, "Content-Type"},
		{send, "application/json", `{`, 400, "JSON"},
		{send, "application/json", `{"to":"client"}x`, 400, "follows"},
		{send, "application/json", `{"to":"client","opcode":1}`, 400, "opcode"},
		{send, "application/json", `{"to":"me"}`, 400, `"to"`},
		{send, "application/json", `{"to":"client","inside":"maybe"}`, 400, `"inside"`},
		{send, "application/json", `{"to":"client","text":"` + strings.Repeat("x", 6<<20) + `"}`, 413, "larger"},
		{send, "application/json", `{"to":"client","text":"` + strings.Repeat("x", act.MaxPayload+1) + `"}`, 400, "at most"},
		{"/api/conns/999/send", "application/json", `{"to":"client"}`, 404, "ended"},
		{"/api/conns/x/end", "application/json", `{"how":"rst"}`, 404, "open"},
		{fmt.Sprintf("/api/conns/%d/end", id), "application/json", `{"how":"softly"}`, 400, `"how"`},
		{fmt.Sprintf("/api/conns/%d/end", id), "application/json", `{"how":"fin"}`, 400, `"to"`},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.addr+c.path, strings.NewReader(c.body))
		req.Header.Set("Content-Type", c.kind)
		req.Header.Set(feed.TokenHeader, s.Token())
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%.60s: %v", c.body, err)
			continue
		}
		var f act.Failure
		err = json.NewDecoder(bufio.NewReader(res.Body)).Decode(&f)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != c.status || !strings.Contains(f.Text, c.want) {
			t.Errorf("%s %.60s: %d %q, %v", c.path, c.body, res.StatusCode, f.Text, err)
		}
	}
}

// TestThePanelMayOpenConnectionsThroughTheDoors, and no other page of ours may; nor may the panel connect elsewhere.
func TestThePanelMayOpenConnectionsThroughTheDoors(t *testing.T) {
	own := freeAddr(t)
	addrs, _ := targetAddrs(t, func(c *Config) { c.Addr = own }, "a=ws://127.0.0.1:1", "b=ws://127.0.0.1:2")
	for path, want := range map[string]bool{"/panel/": true, "/chat.html": false} {
		res, _ := ask(t, own, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		csp := res.Header.Get("Content-Security-Policy")
		_, connect, _ := strings.Cut(csp, "connect-src ")
		connect, _, _ = strings.Cut(connect, ";")
		for i, addr := range addrs {
			_, port, _ := net.SplitHostPort(addr)
			if strings.Contains(connect, fmt.Sprintf("ws://%c.localhost:%s", 'a'+i, port)) != want {
				t.Errorf("%s: %s", path, connect)
			}
		}
		if strings.Contains(connect, "ws: ") || strings.Contains(connect, "*") {
			t.Errorf("%s may connect anywhere: %s", path, connect)
		}
	}
}
