package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/scope/act"
)

// feedPatience is how long one batch may take to leave. A tab that stands at a breakpoint needs some; the ring goes on
// without it, and the next batch says how much was missed.
const feedPatience = 2 * time.Minute

// feed serves /api/tap: what the ring holds, then what comes.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) {
	c, release := s.accept(w, r, websocket.AcceptOptions{Subprotocols: []string{feed.Protocol}})
	if c == nil {
		return
	}
	defer release()
	gone, leave := context.WithCancel(context.Background())
	go func() {
		defer leave()
		refuseData(c)
	}()
	cut := cutOf(r)
	sub := s.subscribe(r)
	defer sub.Close()
	var batch, short []byte
	for {
		var err error
		if batch, err = sub.Next(gone, batch[:0]); err != nil {
			return
		}
		out := batch
		if cut > 0 {
			if out = record.Cut(short[:0], batch, cut); len(out) > 0 && len(batch) > 0 && &out[0] != &batch[0] {
				short = out
			}
		}
		if err := sendBatch(gone, c, out); err != nil {
			return
		}
	}
}

// subscribe subscribes the client of a request to the ring.
func (s *Server) subscribe(r *http.Request) *ring.Subscriber {
	if r.URL.Query().Get(feed.KeepParameter) == "1" {
		return s.ring.SubscribeKept()
	}
	return s.ring.Subscribe()
}

// cutOf returns to how many bytes payloads are cut for a client that asks for it, because it fetches the rest of those that it
// needs from the control API; 0 for not at all.
func cutOf(r *http.Request) int {
	n, err := strconv.ParseUint(r.URL.Query().Get(feed.CutParameter), 10, 31)
	if err != nil || n == 0 {
		return 0
	}
	return max(int(n), act.MinSnap)
}

// refuseData reads, so that pings and the closing handshake are answered, until the connection ends. Data ends it.
// (websocket.Conn.CloseRead of v1.8.15 does the same, but then waits 15 seconds for itself.)
func refuseData(c *websocket.Conn) {
	if _, _, err := c.Reader(context.Background()); err != nil {
		closeFor(c, err)
		return
	}
	_ = c.Close(websocket.StatusPolicyViolation, "this endpoint only sends") // it is over either way
}

func sendBatch(ctx context.Context, c *websocket.Conn, batch []byte) error {
	ctx, cancel := context.WithTimeout(ctx, feedPatience)
	defer cancel()
	return c.Write(ctx, websocket.MessageBinary, batch)
}
