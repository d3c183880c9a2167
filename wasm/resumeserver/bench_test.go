//go:build !js

package resumeserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
	"github.com/tetherscope/tetherscope/wasm/resumeserver"
)

// bench is a server and the sessions that it began.
type bench struct {
	*resumeserver.Server
	t        *testing.T
	url      string
	sessions chan *resumeserver.Session
	speaks   []string // versions that the peers offer
}

// serve starts a server whose handler lives as long as the session and leaves it to the test.
func serve(t *testing.T, s *resumeserver.Server) *bench {
	t.Helper()
	b := &bench{Server: s, t: t, sessions: make(chan *resumeserver.Session, 100), speaks: []string{resumeserver.Subprotocol, resumeserver.SubprotocolUnchecked}}
	ts := httptest.NewServer(s.Handler(func(ctx context.Context, s *resumeserver.Session) {
		b.sessions <- s
		<-ctx.Done()
	}))
	b.url = "ws" + strings.TrimPrefix(ts.URL, "http")
	t.Cleanup(func() {
		s.Close()
		ts.Close()
	})
	return b
}

// peer is a client that says what the test gives it.
type peer struct {
	*websocket.Conn
	t    *testing.T
	line session.Line
}

func (b *bench) dial(header http.Header) *peer {
	b.t.Helper()
	c, _, err := websocket.Dial(b.t.Context(), b.url, &websocket.DialOptions{
		Subprotocols: append(b.speaks, "chat.v1"), HTTPHeader: header,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.CloseNow() })
	return &peer{Conn: c, t: b.t, line: session.Line{Checked: c.Subprotocol() == resumeserver.Subprotocol}}
}

// hello dials and returns the words of the welcome.
func (b *bench) hello(words string) (*peer, []string) {
	b.t.Helper()
	p := b.dial(nil)
	p.say("resume " + words)
	w := strings.Fields(p.hear())
	if w[0] != "resumed" && w[0] != "e" {
		p.say("a 0") // I know it
	}
	return p, w
}

func (p *peer) say(frames ...string) {
	p.t.Helper()
	for _, f := range frames {
		if err := p.try(f); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *peer) try(frame string) error {
	sealed := append(p.line.Begin(nil), frame...)
	p.line.Seal(true, sealed)
	return p.Write(p.t.Context(), websocket.MessageText, sealed)
}

// hear returns the next frame but those with which an impatient server asks for an acknowledgement.
func (p *peer) hear() string {
	p.t.Helper()
	for {
		if f := p.hearAny(); !strings.HasPrefix(f, "s ") {
			return f
		}
	}
}

func (p *peer) hearAny() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	kind, b, err := p.Read(ctx)
	if err == nil {
		b, err = p.line.Open(kind == websocket.MessageText, b)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// closed reads until the server closes, and returns the code.
func (p *peer) closed() websocket.StatusCode {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		if _, _, err := p.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func read(t *testing.T, s *resumeserver.Session) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	_, p, err := s.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func write(t *testing.T, s *resumeserver.Session, text string) {
	t.Helper()
	if err := s.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}
