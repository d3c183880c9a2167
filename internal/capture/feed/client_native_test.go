//go:build !js

package feed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// These tests prove that the session and the feed are read as a server gives them, and that the ways to fail are kept
// apart.

// server answers for the session, and sends the batches on the feed.
func server(t *testing.T, status int, session string, batches ...string) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+SessionPath, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, session)
	})
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Sec-WebSocket-Protocol"), TokenPrefix+"right") {
			http.Error(w, "wrong token", http.StatusForbidden)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{Protocol}})
		if err != nil {
			return
		}
		for _, b := range batches {
			if c.Write(r.Context(), websocket.MessageBinary, []byte(b)) != nil {
				return
			}
		}
		_ = c.Close(websocket.StatusGoingAway, "over")
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return &Client{URL: s.URL + "/", HTTP: s.Client()}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestStream: with the token of the session the batches come, each behind what is in the buffer; then the end.
func TestStream(t *testing.T) {
	c := server(t, 200, `{"token":"right","records":7}`, "one", "two")
	if s, err := c.Session(deadline(t)); err != nil || s.Records != 7 {
		t.Fatal(s, err)
	}
	stream, err := c.Open(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for _, want := range []string{"....one", "....two"} {
		if got, err := stream.Next(deadline(t), []byte("....")); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if _, err := stream.Next(deadline(t), nil); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Error(err)
	}
}

// TestFailures: a wrong token, no server, and servers of other kinds.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		session string
		want    string
	}{
		"another program": {404, "not found", "is no tetherscope server, or an older one"},
		"not JSON":        {200, "<html>", "is no tetherscope server, or an older one"},
		"no token":        {200, "{}", "is no tetherscope server, or an older one"},
		"refused":         {403, "to programs of this machine only.\n", "does not give its token: to programs of this machine only."},
	} {
		if _, err := server(t, c.status, c.session).Open(deadline(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := server(t, 200, "{}")
	c.Token = "wrong"
	if _, err := c.Open(deadline(t)); !errors.Is(err, ErrToken) {
		t.Error("a wrong token:", err)
	}
	c.URL = "http://127.0.0.1:1"
	if _, err := c.Open(deadline(t)); !errors.Is(err, ErrNoAnswer) {
		t.Error("no server:", err)
	}
	if _, err := c.Session(deadline(t)); !errors.Is(err, ErrNoAnswer) {
		t.Error("no server:", err)
	}
}
