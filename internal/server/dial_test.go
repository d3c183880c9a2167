package server

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/dialout"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

// base is the URL of the server.
func (s *running) base() string { return "http://" + s.addr }

// call sends a request with JSON to the control API, and reads the answer into out.
func (s *running) call(t *testing.T, method, path string, in, out any) (status int) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.base()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Tetherscope-Token", s.Token())
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && out != nil && res.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		t.Fatalf("%s %s: %d %s: %v", method, path, res.StatusCode, text, err)
	}
	return res.StatusCode
}

// elsewhere is a TLS server that echoes messages and passes on the head of each handshake.
func elsewhere(t *testing.T) (url, ca string, heads chan *http.Request) {
	t.Helper()
	heads = make(chan *http.Request, 8)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads <- r.Clone(t.Context())
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"b"}, InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	return "wss" + strings.TrimPrefix(srv.URL, "https"), ca, heads
}

// TestDialOpensAnyServer proves that a page opens a connection to any server with the fields and the trust that were asked for, that nothing else of the
// page reaches that server, that the capture has the messages and not the fields, and that a ticket opens one connection.
func TestDialOpensAnyServer(t *testing.T) {
	url, ca, heads := elsewhere(t)
	s := start(t, nil)
	page := http.Header{"Origin": {s.base()}, "Cookie": {"of=another-port"}, "Referer": {s.base() + "/panel/"}, "User-Agent": {"the page's"}}
	for name, in := range map[string]act.Dial{
		"not verified": {URL: url + "/chat?room=1", Insecure: true, Header: []string{"Authorization: Bearer s3cret-field", "Origin: https://app.example"}},
		"trusted":      {URL: url + "/chat?room=1", CA: ca, Header: []string{"Authorization:Bearer s3cret-field", "Origin: https://app.example"}},
	} {
		var to act.Dialled
		if status := s.call(t, "POST", "/api/dial", in, &to); status != http.StatusOK || !strings.HasPrefix(to.Path, dialout.Prefix+to.ID+"/wss/127.0.0.1:") || !strings.HasSuffix(to.Path, "/chat?room=1") {
			t.Fatalf("%s: %d %+v", name, status, to)
		}
		options := &websocket.DialOptions{HTTPHeader: page.Clone(), Subprotocols: []string{"a", "b"}}
		c, _, err := websocket.Dial(t.Context(), s.base()+to.Path, options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		head := await.Receive(t, heads)
		for field, want := range map[string]string{
			"Authorization": "Bearer s3cret-field", "Origin": "https://app.example", "Cookie": "", "Referer": "", "User-Agent": "the page's", "Sec-Websocket-Protocol": "a,b",
		} {
			if got := strings.Join(head.Header.Values(field), "|"); got != want {
				t.Errorf("%s: %s is %q, want %q", name, field, got, want)
			}
		}
		if head.RequestURI != "/chat?room=1" || "wss://"+head.Host != url || c.Subprotocol() != "b" {
			t.Errorf("%s: %s at %s, subprotocol %q", name, head.RequestURI, head.Host, c.Subprotocol())
		}
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hello "+name)); err != nil {
			t.Fatal(err)
		}
		if _, p, err := c.Read(t.Context()); err != nil || string(p) != "hello "+name {
			t.Errorf("%s: %q, %v", name, p, err)
		}
		if _, res, err := websocket.Dial(t.Context(), s.base()+to.Path, options); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: the ticket works twice: %v", name, err)
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
		all := s.everything(t, url)
		if !strings.Contains(all, "hello "+name) || strings.Contains(all, "s3cret") {
			t.Errorf("%s: the capture has %q", name, all)
		}
	}
}

// everything returns all text of the capture, once the connection to a server is in it.
func (s *running) everything(t *testing.T, name string) (all string) {
	t.Helper()
	await.Until(t, "the connection is recorded", func() bool {
		var b strings.Builder
		note := func(r *record.Record) {
			b.WriteString(r.Name + "\n" + string(r.Head) + "\n" + string(r.Bytes()) + "\n" + r.Reason + "\n")
		}
		seq := uint64(1)
		for s.ring.Record(seq, note) {
			seq++
		}
		all = b.String()
		return strings.Contains(all, name) && strings.Contains(all, "hello")
	})
	return all
}

// TestDialSaysWhatIsWrong proves that what cannot be opened is refused at once with the field, or said afterwards with what helps.
func TestDialSaysWhatIsWrong(t *testing.T) {
	url, ca, _ := elsewhere(t)
	s := start(t, nil)
	for name, in := range map[string]act.Dial{
		"url: http":                     {URL: "http://h/"},
		"url: none":                     {URL: "localhost:1"},
		"url: a user":                   {URL: "ws://u:p@h/"},
		"url: a fragment":               {URL: "ws://h/#x"},
		"url: a port":                   {URL: "ws://h:99999/"},
		"url: no TLS":                   {URL: "ws://h/", Insecure: true},
		"header: no field":              {URL: url, Header: []string{"Authorization"}},
		"header: two lines":             {URL: url, Header: []string{"X: a\r\nHost: b"}},
		"header: made by the handshake": {URL: url, Header: []string{"Host: x"}},
		"header: its own box":           {URL: url, Header: []string{"Sec-WebSocket-Protocol: x"}},
		"header: long":                  {URL: url, Header: []string{"X: " + strings.Repeat("x", 17<<10)}},
		"insecure: and trusted":         {URL: url, Insecure: true, CA: ca},
		"ca: no certificate":            {URL: url, CA: "x"},
	} {
		field, _, _ := strings.Cut(name, ":")
		if _, err := s.dials.Prepare(in, s.targetOptions()); err == nil || !strings.HasPrefix(err.Error(), `"`+field+`" `) {
			t.Errorf("%s: %v", name, err)
		}
		if status := s.call(t, "POST", "/api/dial", in, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	var to act.Dialled
	s.call(t, "POST", "/api/dial", act.Dial{URL: url}, &to)
	if _, res, err := websocket.Dial(t.Context(), s.base()+to.Path, nil); err == nil || res.StatusCode != http.StatusBadGateway {
		t.Errorf("a certificate that is not trusted: %v", err)
	}
	var state act.DialState
	if s.call(t, "GET", "/api/dial/"+to.ID, nil, &state); !strings.Contains(state.Problem, "give the authority's certificate as CA") {
		t.Errorf("afterwards: %q", state.Problem)
	}
	if status := s.call(t, "GET", "/api/dial/none", nil, nil); status != http.StatusNotFound {
		t.Errorf("another ID: %d", status)
	}
}

// TestDialIsForTheUserOnly proves that nothing is dialled without the token, without a ticket, from a page of another origin, and that the program's own
// ports are not.
func TestDialIsForTheUserOnly(t *testing.T) {
	url, ca, heads := elsewhere(t)
	s := start(t, nil)
	res, err := http.Post(s.base()+"/api/dial", "application/json", strings.NewReader(`{"url":"`+url+`"}`)) //nolint:noctx // the server is the test's
	if err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("without the token: %v %v", res.StatusCode, err)
	}
	_ = res.Body.Close()
	refused := func(what, path string, o *websocket.DialOptions) {
		t.Helper()
		if _, res, err := websocket.Dial(t.Context(), s.base()+path, o); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v", what, err)
		}
	}
	route := strings.Replace(url, "://", "/", 1)
	refused("without a ticket", dialout.Prefix+route, nil)
	refused("with a guessed one", dialout.Prefix+"AAAA/"+route, nil)
	var to act.Dialled
	s.call(t, "POST", "/api/dial", act.Dial{URL: url, CA: ca}, &to)
	refused("from another origin", to.Path, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}})
	s.call(t, "POST", "/api/dial", act.Dial{URL: url, CA: ca}, &to)
	refused("for another server", dialout.Prefix+to.ID+"/ws/127.0.0.1:1/", nil)
	var own act.Dialled
	if s.call(t, "POST", "/api/dial", act.Dial{URL: "ws" + strings.TrimPrefix(s.base(), "http") + "/ws/echo"}, &own); own != (act.Dialled{}) {
		t.Errorf("for this program: %+v", own)
	}
	for range 70 {
		s.call(t, "POST", "/api/dial", act.Dial{URL: url, CA: ca}, nil)
	}
	if status := s.call(t, "POST", "/api/dial", act.Dial{URL: url}, nil); status != http.StatusServiceUnavailable {
		t.Errorf("with 64 tickets: %d", status)
	}
	if len(heads) > 0 {
		t.Errorf("%d handshakes reached the server", len(heads))
	}
}
