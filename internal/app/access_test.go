package app_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// header makes the Origin header of a handshake; "" is none.
func header(origin string) http.Header {
	if origin == "" {
		return http.Header{}
	}
	return http.Header{"Origin": {origin}}
}

// TestForeignOriginsAreClosedWith4000: each kind of look-alike, on both endpoints, with a token that is valid. Nothing
// is sent to them, and nothing they say is processed.
func TestForeignOriginsAreClosedWith4000(t *testing.T) {
	n := start(t, app.Config{})
	ada := n.join("ada")
	for _, path := range []string{"/ws/chat", "/ws/bin"} {
		for _, foreign := range []string{
			"http://evil.test", "null", "http://chat.example.evil.test", "http://evilchat.example", "https://chat.example",
			"http://chat.example:81", "http://127.0.0.1", n.url, "http://CHAT.example",
		} {
			p := dial(t, n.url, path+"?token="+n.token("eve", time.Hour), &websocket.DialOptions{HTTPHeader: header(foreign)})
			p.say(message{"type": "chat", "message": "let me in"})
			kind, _, err := p.conn.Read(t.Context())
			if code, reason := closeOf(err); err == nil || code != 4000 || reason != "Invalid origin" {
				t.Errorf("%s %s: got %v, %v", path, foreign, kind, err)
			}
		}
	}
	ada.silent()
}

// TestWhoMayConnect: every way to bring a token, and what is answered to those that bring none or a wrong one.
func TestWhoMayConnect(t *testing.T) {
	n := start(t, app.Config{})
	good, expired := n.token("ada", time.Hour), n.token("ada", -time.Second)
	for name, c := range map[string]struct {
		path, origin string
		protocols    []string
		first        any
		code         websocket.StatusCode // 0: welcome
	}{
		"query":                 {path: "/ws/chat?token=" + good, origin: origin},
		"query, no browser":     {path: "/ws/chat?token=" + good},
		"subprotocol":           {path: "/ws/chat", origin: origin, protocols: []string{chat.Subprotocol, chat.TokenPrefix + good}},
		"first message":         {path: "/ws/chat?auth=message", origin: origin, first: message{"type": "auth", "token": good}},
		"none":                  {path: "/ws/chat", origin: origin, code: 4001},
		"none, no browser":      {path: "/ws/chat", code: 4001},
		"bin, none, no browser": {path: "/ws/bin", code: 4001},
		"empty":                 {path: "/ws/chat?token=", origin: origin, code: 4002},
		"wrong":                 {path: "/ws/chat?token=x.y.z", origin: origin, code: 4002},
		"wrong, bin":            {path: "/ws/bin?token=x.y.z", origin: origin, code: 4002},
		"expired":               {path: "/ws/chat?token=" + expired, origin: origin, code: 4002},
		"two":                   {path: "/ws/chat?token=" + good + "&token=" + good, origin: origin, code: 4002},
		"wrong subprotocol":     {path: "/ws/chat", origin: origin, protocols: []string{chat.Subprotocol, chat.TokenPrefix + expired}, code: 4002},
		"first message is none": {path: "/ws/chat?auth=message", origin: origin, first: message{"type": "chat", "message": "x"}, code: 4001},
		"first message, wrong":  {path: "/ws/chat?auth=message", origin: origin, first: message{"type": "auth", "token": expired}, code: 4002},
		"unknown ticket":        {path: "/ws/chat?ticket=abc", origin: origin, code: 4002},
		"huge ticket":           {path: "/ws/chat?ticket=" + strings.Repeat("a", 5000), origin: origin, code: 4002},
	} {
		t.Run(name, func(t *testing.T) {
			p := dial(t, n.url, c.path, &websocket.DialOptions{HTTPHeader: header(c.origin), Subprotocols: c.protocols})
			if c.first != nil {
				p.say(c.first)
			}
			if c.code != 0 {
				p.expectClosed(c.code, map[websocket.StatusCode]string{4001: "Authentication required", 4002: "Invalid token"}[c.code])
				return
			}
			p.expect(chat.TypeWelcome)
			if got := p.conn.Subprotocol(); len(c.protocols) > 0 && got != chat.Subprotocol {
				t.Errorf("subprotocol %q selected", got)
			}
		})
	}
	if strings.Contains(n.log.String(), good[:40]) || strings.Contains(n.log.String(), expired[:40]) {
		t.Error("a token is in the log")
	}
}

// TestScopeIsCheckedPerAction: not only at the handshake.
func TestScopeIsCheckedPerAction(t *testing.T) {
	n := start(t, app.Config{})
	token := scopedToken(t, "private")
	p := dial(t, n.url, "/ws/chat?token="+token, nil)
	id, _ := p.expect(chat.TypeWelcome)["clientId"].(string)
	bob := n.join("bob")
	for _, m := range []message{{"type": "chat", "message": "x"}, {"type": "broadcast", "content": "x"}, {"type": "logout"}} {
		p.say(m)
		if m := p.expect(chat.TypeError); m["errors"].([]any)[0] != chat.NotAllowed {
			t.Errorf("got %v", m)
		}
	}
	p.say(message{"type": "private", "targetId": bob.id, "message": "psst"})
	if m := bob.expect(chat.TypePrivate); m["from"] != id {
		t.Errorf("got %v", m)
	}
	bob.silent()
	none := dial(t, n.url, "/ws/chat?token="+scopedToken(t, ""), nil)
	none.expect(chat.TypeWelcome)
	none.say(message{"type": "logout"})
	if m := none.expect(chat.TypeError); m["errors"].([]any)[0] != chat.NotAllowed {
		t.Errorf("a token of an empty scope logged its user out: %v", m)
	}
}

// post sends a request to one of the HTTP endpoints and returns its status and JSON.
func post(t *testing.T, url string, h http.Header, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	var m map[string]any
	_ = json.NewDecoder(res.Body).Decode(&m)
	return res.StatusCode, m
}

// TestTicketOpensOneConnection: the second use is refused, and a ticket is not asked for without a token.
func TestTicketOpensOneConnection(t *testing.T) {
	n := start(t, app.Config{})
	url := n.url + "/app/ticket"
	for name, h := range map[string]http.Header{
		"nothing":        {},
		"wrong token":    {"Authorization": {"Bearer x.y.z"}},
		"no bearer":      {"Authorization": {n.token("ada", time.Hour)}},
		"foreign origin": {"Authorization": {"Bearer " + n.token("ada", time.Hour)}, "Origin": {"http://evil.test"}},
	} {
		if status, _ := post(t, url, h, ""); status != http.StatusUnauthorized {
			t.Errorf("%s: HTTP %d", name, status)
		}
	}
	status, m := post(t, url, http.Header{"Authorization": {"Bearer " + n.token("ada", time.Hour)}, "Origin": {origin}}, "")
	if status != http.StatusOK || m["expiresIn"] != 30.0 {
		t.Fatalf("HTTP %d %v", status, m)
	}
	ticket, _ := m["ticket"].(string)
	p := dial(t, n.url, "/ws/chat?ticket="+ticket, nil)
	if w := p.expect(chat.TypeWelcome); w["user"] != "ada" {
		t.Errorf("got %v", w)
	}
	dial(t, n.url, "/ws/chat?ticket="+ticket, nil).expectClosed(4002, "Invalid token")
	if strings.Contains(n.log.String(), ticket) {
		t.Error("the ticket is in the log")
	}
}

// TestDevTokenIsForThisMachineOnly: everybody else, and every foreign page, finds nothing there.
func TestDevTokenIsForThisMachineOnly(t *testing.T) {
	n := start(t, app.Config{DevTokens: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}})
	url, body := n.url+"/app/dev-token", `{"user":"ada"}`
	json := http.Header{"Content-Type": {"application/json"}, "Origin": {origin}}
	with := func(k, v string) http.Header {
		h := json.Clone()
		h.Set(k, v)
		return h
	}
	status, m := post(t, url, json, body)
	token, _ := m["token"].(string)
	if status != http.StatusOK || m["user"] != "ada" {
		t.Fatalf("HTTP %d %v", status, m)
	}
	dial(t, n.url, "/ws/chat?token="+token, nil).expect(chat.TypeWelcome)
	for name, h := range map[string]http.Header{
		"foreign page":           with("Origin", "http://evil.test"),
		"a form of another page": with("Content-Type", "text/plain"),
		"through a proxy":        with("X-Forwarded-For", "192.0.2.1"),
		"through a proxy, RFC":   with("Forwarded", "for=192.0.2.1"),
		"through one, X-Real-IP": with("X-Real-IP", "127.0.0.1"),
		"through one, Via":       with("Via", "1.1 proxy"),
	} {
		if status, _ := post(t, url, h, body); status != http.StatusNotFound {
			t.Errorf("%s: HTTP %d", name, status)
		}
	}
	for _, bad := range []string{``, `{"user":""}`, `{"user":"a\nb"}`, `{"user":7}`} {
		if status, _ := post(t, url, json, bad); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
	off := start(t, app.Config{})
	if status, _ := post(t, off.url+"/app/dev-token", json, body); status != http.StatusNotFound {
		t.Errorf("without DevTokens: HTTP %d", status)
	}
}

// TestDevTokenNeedsTheClientOfAProxy: a trusted proxy must name its client, and the client must be this machine.
func TestDevTokenNeedsTheClientOfAProxy(t *testing.T) {
	n := start(t, app.Config{DevTokens: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	for field, want := range map[string]int{
		"X-Forwarded-For: 127.0.0.1": http.StatusOK, "X-Forwarded-For: 192.0.2.1": http.StatusNotFound,
		"X-Real-IP: 127.0.0.1": http.StatusNotFound, "Via: 1.1 proxy": http.StatusNotFound,
	} {
		name, value, _ := strings.Cut(field, ": ")
		h := http.Header{"Content-Type": {"application/json"}, "Origin": {origin}, name: {value}}
		if status, _ := post(t, n.url+"/app/dev-token", h, `{"user":"ada"}`); status != want {
			t.Errorf("%s: HTTP %d, want %d", field, status, want)
		}
	}
}

// TestDevTokenRefusesRebinding: a page of another name that DNS points here.
func TestDevTokenRefusesRebinding(t *testing.T) {
	n := start(t, app.Config{DevTokens: true})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+"/app/dev-token", strings.NewReader(`{"user":"ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Host = "evil.test"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("HTTP %d", res.StatusCode)
	}
}

// TestAddressLimitsCannotBeSpoofed: a client that writes itself a new address per connection is one address all the same.
func TestAddressLimitsCannotBeSpoofed(t *testing.T) {
	for name, trusted := range map[string][]netip.Prefix{"direct": nil, "behind a proxy that appends": {netip.MustParsePrefix("127.0.0.1/32")}} {
		n := start(t, app.Config{TrustedProxies: trusted, Limits: app.Limits{AddressClients: 2}})
		connect := func(forwarded string) int {
			h := header(origin)
			h.Set("X-Forwarded-For", forwarded)
			conn, res, err := websocket.Dial(t.Context(), strings.Replace(n.url, "http", "ws", 1)+"/ws/chat?token="+n.token("ada", time.Hour), &websocket.DialOptions{HTTPHeader: h})
			if err != nil {
				return res.StatusCode
			}
			t.Cleanup(func() { conn.CloseNow() })
			_, _, err = conn.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return http.StatusSwitchingProtocols
		}
		for i, want := range []int{101, 101, 429} {
			if got := connect("198.51.100." + string(rune('1'+i)) + ", 192.0.2.1"); got != want {
				t.Errorf("%s: connection %d: HTTP %d, want %d", name, i+1, got, want)
			}
		}
	}
}

// TestAddressMessagesAreLimited: over all connections of one address, each of which is within its own limit. In virtual time, where both messages are
// within a second.
func TestAddressMessagesAreLimited(t *testing.T) {
	virtually(t, app.Config{Limits: app.Limits{AddressMessages: 1}}, func(_ *testing.T, n *node) {
		ada, bob := n.join("ada"), n.join("bob")
		ada.silent()
		bob.say(message{"type": "ping"})
		bob.expectClosed(4003, "Rate limit exceeded")
	})
}

func scopedToken(t *testing.T, scope string) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "eve", "aud": app.Audience, "exp": time.Now().Add(time.Hour).Unix(), "scope": scope,
	}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
