// These tests prove how the application is mounted: who gets in, what is recorded of it, what it reports when it ends.
package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// devTokens lets a test log in by name.
func devTokens(c *Config) { c.App.DevTokens = true }

// post sends a POST request and returns the answer and its body.
func (s *running) post(t testing.TB, path, body string, fields ...string) (*http.Response, string) {
	t.Helper()
	c := s.raw(t)
	lines := append([]string{"POST " + path + " HTTP/1.1", "Host: " + s.addr, "Connection: close", fmt.Sprintf("Content-Length: %d", len(body))}, fields...)
	_, _ = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n"+body)
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return res, string(answer)
}

// devToken logs in by name.
func (s *running) devToken(t testing.TB, user string) string {
	t.Helper()
	res, body := s.post(t, "/app/dev-token", `{"user":"`+user+`"}`, "Content-Type: application/json", "Origin: http://"+s.addr)
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Token == "" {
		t.Fatalf("%s: %s", res.Status, body)
	}
	return got.Token
}

// ticket exchanges a token for a ticket.
func (s *running) ticket(t testing.TB, token string) string {
	t.Helper()
	res, body := s.post(t, "/app/ticket", "", "Authorization: Bearer "+token, "Origin: http://"+s.addr)
	var got struct{ Ticket string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Ticket == "" {
		t.Fatalf("%s: %s", res.Status, body)
	}
	return got.Ticket
}

// welcomed reads the server's first message.
func (c *client) welcomed() {
	c.t.Helper()
	if h, got, err := c.next(); err != nil || !strings.HasPrefix(got, `{"type":"welcome"`) {
		c.t.Fatalf("%v %q, %v", h.Opcode, got, err)
	}
}

// TestOriginsOfTheApplication: our own pages get in by every loopback name, allowed ones too; all others are closed with 4000 after
// the upgrade. A foreign Host gets no upgrade at all.
func TestOriginsOfTheApplication(t *testing.T) {
	s := start(t, func(c *Config) { devTokens(c); c.AllowOrigins = []string{"HTTPS://Chat.example/"} })
	_, port, _ := strings.Cut(s.addr, ":")
	token := s.devToken(t, "ada")
	for origin, in := range map[string]bool{
		"http://127.0.0.1:" + port: true, "http://localhost:" + port: true, "http://[::1]:" + port: true, "https://chat.example": true,
		"https://127.0.0.1:" + port: false, "http://127.0.0.1:1": false, "http://127.0.0.1": false, "null": false,
		"http://evil.test": false, "http://127.0.0.1:" + port + ".evil.test": false, "http://xlocalhost:" + port: false, "https://chat.example.evil.test": false,
	} {
		c := s.open(t, "/ws/chat?token="+token, "Origin: "+origin)
		if in {
			c.welcomed()
			continue
		}
		if code, reason := c.closed(); code != 4000 {
			t.Errorf("%s: closed with %d %s", origin, code, reason)
		}
	}
	for _, path := range []string{"/ws/chat?token=" + token, "/ws/bin", "/app/ticket", "/app/dev-token"} {
		if _, res := s.try(t, path, "evil.test", "Origin: http://evil.test"); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s with a foreign Host: %s", path, res.Status)
		}
	}
}

// TestNoClientWithoutCredential: no token at all, and a bad one, get a close code after the upgrade; a program without Origin too.
func TestNoClientWithoutCredential(t *testing.T) {
	s := start(t, devTokens)
	own := "Origin: http://" + s.addr
	for path, want := range map[string]uint16{
		"/ws/chat": 4001, "/ws/chat?token=nonsense": 4002, "/ws/chat?ticket=nonsense": 4002, "/ws/chat?token=a&ticket=b": 4002,
	} {
		if code, _ := s.open(t, path, own).closed(); code != want {
			t.Errorf("%s: closed with %d, want %d", path, code, want)
		}
	}
	if code, _ := s.open(t, "/ws/bin").closed(); code != 4001 {
		t.Errorf("/ws/bin without an Origin: closed with %d", code)
	}
	ticket := s.ticket(t, s.devToken(t, "ada"))
	s.open(t, "/ws/chat?ticket="+ticket, own).welcomed()
	if code, _ := s.open(t, "/ws/chat?ticket="+ticket, own).closed(); code != 4002 {
		t.Errorf("a ticket opened a second connection, or was closed with %d", code)
	}
}

// TestDevTokensAreForThisMachine: none unless configured, none for a foreign page, none through a proxy, none for a form.
func TestDevTokensAreForThisMachine(t *testing.T) {
	s, without := start(t, devTokens), start(t, nil)
	asJSON, own := "Content-Type: application/json", "Origin: http://"+s.addr
	for name, fields := range map[string][]string{
		"a foreign page": {asJSON, "Origin: http://evil.test"},
		"a proxy":        {asJSON, own, "X-Forwarded-For: 203.0.113.7"},
		"another site":   {asJSON, "Sec-Fetch-Site: cross-site"},
		"another port":   {asJSON, "Sec-Fetch-Site: same-site"},
		"a form":         {"Content-Type: text/plain", own},
	} {
		if res, body := s.post(t, "/app/dev-token", `{"user":"ada"}`, fields...); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
	}
	if res, _ := without.post(t, "/app/dev-token", `{"user":"ada"}`, asJSON, "Origin: http://"+without.addr); res.StatusCode != http.StatusNotFound {
		t.Errorf("a server without development tokens: %s", res.Status)
	}
}

// TestNoTokenIsKept brings tokens and a ticket in every way that the application takes them, lets some fail, and looks for
// them in the capture, the frame log, the event log and the metrics.
func TestNoTokenIsKept(t *testing.T) {
	var events, frames bytes.Buffer
	s := start(t, func(c *Config) {
		devTokens(c)
		c.App.Log, c.FrameLog = slog.New(slog.NewJSONHandler(&events, nil)), &frames
	})
	own, token := "Origin: http://"+s.addr, s.devToken(t, "ada")
	bad := token[:len(token)-8] + "AAAAAAAA"
	ticket := s.ticket(t, token)
	s.post(t, "/app/ticket", "", "Authorization: Bearer "+bad, own)
	s.open(t, "/ws/chat?ticket="+ticket, own, "Referer: http://"+s.addr+"/chat.html?token="+token).welcomed()
	s.open(t, "/ws/chat?token="+token, own).welcomed()
	s.open(t, "/ws/chat?token="+bad, own).closed()
	escaped := s.ticket(t, token)
	s.open(t, "/ws/chat?%74icket="+escaped, own).welcomed()
	s.open(t, "/ws/chat", own, "Sec-WebSocket-Protocol: tetherscope.chat.v1, token."+token).welcomed()
	whole := s.open(t, "/ws/chat?auth=message", own)
	whole.send(frame.Header{Fin: true, Opcode: frame.Text}, `{"type":"auth","token":"`+token+`"}`)
	whole.welcomed()
	odd := s.open(t, "/ws/chat?%61uth=message", own) // the same parameter, written differently
	odd.send(frame.Header{Fin: true, Opcode: frame.Text}, `{"type":"auth","token":"`+token+`"}`)
	odd.welcomed()
	parts := s.open(t, "/ws/bin?auth=message", own)
	parts.send(frame.Header{Opcode: frame.Text}, `{"type":"auth","token":"`+token[:20])
	parts.send(frame.Header{Fin: true, Opcode: frame.Continuation}, token[20:]+`"}`)
	parts.send(frame.Header{Fin: true, Opcode: frame.Binary}, "what follows is kept")
	parts.want(frame.Binary, "what follows is kept")
	list := s.records(t, func(r *record.Record) bool { return string(r.Payload) == "what follows is kept" && r.Dir == record.In })
	_, metrics := s.get(t, "GET", "/metrics")
	_ = s.stop() // the logs are whole now
	for place, text := range map[string]string{"the capture": everything(list), "the frame log": frames.String(), "the event log": events.String(), "the metrics": metrics} {
		for what, secret := range map[string]string{"the token": token, "its beginning": token[:20], "its signature": token[len(token)-20:], "a bad one": bad, "the ticket": ticket, "an escaped one": escaped} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %s", place, what)
			}
		}
	}
	lengths := map[uint32]int{} // of the first messages
	for _, r := range list {
		if r.Kind == record.KindFrame && r.Dir == record.Out && r.Message == 1 && string(r.Payload) == redact.Placeholder {
			lengths[r.Conn] += int(r.Header.Length)
		}
	}
	if len(lengths) != 3 {
		t.Errorf("%d first messages are hidden, not 3", len(lengths))
	}
	for _, n := range lengths {
		if want := len(`{"type":"auth","token":""}`) + len(token); n != want {
			t.Errorf("a first message is recorded with %d bytes; it had %d", n, want)
		}
	}
	if strings.Count(everything(list), "what follows is kept") != 2 || !strings.Contains(events.String(), `"msg":"connected"`) {
		t.Error("what should be there is not")
	}
}

// everything is all text of records.
func everything(list []record.Record) string {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%s %s %s %s %s\n", r.Head, r.Payload, r.Body, r.Reason, r.Name)
	}
	return b.String()
}

// TestTheApplicationIsCountedAndDrained: its numbers stand in the metrics beside ours, and its clients hear 1012 with advice
// when the server stops, where all others hear 1001.
func TestTheApplicationIsCountedAndDrained(t *testing.T) {
	s := start(t, func(c *Config) { devTokens(c); c.App.DrainSpread = 50 * time.Millisecond })
	own := "Origin: http://" + s.addr
	chat, bin, echo := s.open(t, "/ws/chat?token="+s.devToken(t, "ada"), own), s.open(t, "/ws/bin", own), s.open(t, "/ws/echo")
	chat.welcomed()
	bin.send(frame.Header{Fin: true, Opcode: frame.Binary}, "x")
	bin.want(frame.Binary, "x")
	var metrics string
	for _, line := range []string{"tetherscope_app_connections 2", "tetherscope_app_clients 1", `tetherscope_app_messages_total{direction="in"} 1`, "tetherscope_sockets_open 1", "tetherscope_app_broker_lag_seconds 0"} {
		await.Until(t, "the metrics have the line "+line, func() bool { // a client may know of what happened before it is counted
			_, metrics = s.get(t, "GET", "/metrics")
			return strings.Contains(metrics, line+"\n")
		})
	}
	if s.tap.Busy() <= 0 || !strings.Contains(metrics, "tetherscope_tap_seconds_total ") {
		t.Errorf("the tap was busy for %v", s.tap.Busy())
	}
	ended := make(chan error)
	go func() { ended <- s.stop() }()
	for c, want := range map[*client]uint16{chat: 1012, bin: 1012, echo: 1001} {
		code, reason := c.closed()
		if code != want || want == 1012 && c == chat && !strings.HasPrefix(reason, `{"retry":`) {
			t.Errorf("closed with %d %q, want %d", code, reason, want)
		}
		c.send(frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe9")
	}
	if err := await.Receive(t, ended); err != nil {
		t.Error(err)
	}
}

// TestWhoMayLogInByName: any client on a loopback server without keys, and else none without an option.
func TestWhoMayLogInByName(t *testing.T) {
	secret := "TETHERSCOPE_JWT_SECRET=" + strings.Repeat("s", 32)
	for line, want := range map[string]bool{
		"":                                 true,
		"-addr localhost:0":                true,
		"-addr [::1]:0":                    true,
		"-dev-tokens=false":                false,
		"-addr :0":                         false,
		"-addr 0.0.0.0:0":                  false,
		"-addr 192.0.2.1:0":                false,
		secret:                             false,
		secret + " -dev-tokens":            true,
		"TETHERSCOPE_DEV_TOKENS=false":     false,
		"-addr 0.0.0.0:0 -dev-tokens":      true,
		"TETHERSCOPE_DEV_TOKENS=1 -addr :": true,
	} {
		var args []string
		vars := map[string]string{}
		for word := range strings.FieldsSeq(line) {
			if name, value, ok := strings.Cut(word, "="); ok && strings.HasPrefix(name, envPrefix) {
				vars[name] = value
			} else {
				args = append(args, word)
			}
		}
		o, err := ParseFlags(args, func(k string) (string, bool) { v, ok := vars[k]; return v, ok }, io.Discard)
		if err != nil || o.App.DevTokens != want {
			t.Errorf("%q: %v, %v", line, o, err)
		}
	}
}

// TestMistakesInTheApplicationsFlags: each says what is wrong and what to do, and never repeats a secret.
func TestMistakesInTheApplicationsFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-jwt-secret", "hunter2"}, "-jwt-secret:"},
		{[]string{"-jwt-key", "nofile"}, "write it as id=file.pem"},
		{[]string{"-trusted-proxy", "10.0.0.1"}, "write it as 127.0.0.1/32"},
		{[]string{"-redis", "redis://:hunter2@h:1/0"}, "give every node the same -jwt-secret or -jwt-key"},
		{[]string{"-redis", "http://:hunter2@h", "-jwt-secret", strings.Repeat("s", 32)}, "write redis://"},
		{[]string{"-rate", "0"}, "-rate 0: it must be at least 1"},
		{[]string{"-address-dials", "-1"}, "-address-dials -1:"},
		{[]string{"-heartbeat", "0"}, "-heartbeat 0s: it must be more than 0"},
		{[]string{"-drain-spread", "-5s"}, "-drain-spread -5s:"},
		{[]string{"-idle-timeout", "-1s"}, "-idle-timeout -1s:"},
		{[]string{"-log", "xml"}, `-log "xml" is not text, json or off`},
	} {
		_, err := ParseFlags(c.args, func(string) (string, bool) { return "", false }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}

// TestARedisThatIsNotThere: a server that is configured to join others and cannot does not start.
func TestARedisThatIsNotThere(t *testing.T) {
	o, err := ParseFlags([]string{"-redis", "redis://:hunter2@127.0.0.1:1/0", "-jwt-secret", strings.Repeat("s", 32), "-addr", "127.0.0.1:0", "-log", "off"},
		func(string) (string, bool) { return "", false }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o.Assets = testAssets
	var out bytes.Buffer
	err = Run(t.Context(), o.Config, &out, nil)
	if err == nil || !strings.Contains(err.Error(), "start Redis there") || strings.Contains(err.Error(), "hunter2") || out.Len() > 0 {
		t.Errorf("%v; printed %q", err, out.String())
	}
}
