//go:build !js

package main_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// sentFields are the header fields of a handshake that a browser chooses, but for those that differ from one to the next.
var sentFields = []string{
	"Connection", "Upgrade", "Origin", "Cookie", "Authorization", "Pragma", "Cache-Control", "Accept-Encoding", "Accept-Language",
	"Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Referer",
}

// handshake reports what it received in the handshake, as its first message; then, when it is asked to, it sends a message in
// fragments with a ping between them and one that is whole, or a long one, which is compressed.
func handshake(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Has("cookie") {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "by-the-server", Path: "/ws/"})
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"y"}, CompressionMode: websocket.CompressionNoContextTakeover})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	fields := map[string]string{"query": r.URL.RawQuery, "path": r.URL.Path}
	for _, name := range sentFields {
		fields[name] = strings.Join(r.Header.Values(name), " | ")
	}
	text, _ := json.Marshal(fields) // strings only
	ctx := c.CloseRead(r.Context())
	_ = c.Write(ctx, websocket.MessageText, text) // the context ends for a client that has left
	if query.Has("fragments") {
		if out, err := c.Writer(ctx, websocket.MessageText); err == nil {
			for i, part := range []string{"fra", "gm", "", "ents"} {
				_, _ = out.Write([]byte(part))
				if i == 1 {
					_ = c.Ping(ctx)
				}
			}
			_ = out.Close()
		}
		_ = c.Write(ctx, websocket.MessageText, []byte("whole"))
	}
	if query.Has("long") {
		_ = c.Write(ctx, websocket.MessageText, []byte(strings.Repeat("abc", 30_000)))
	}
	<-ctx.Done()
}
