package devserver

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// FeedProtocol is the subprotocol of /api/tap: one batch of records in each binary message.
const FeedProtocol = "tetherscope.tap.v1"

// feedPatience is how long one batch may take to leave. A tab that stands at a breakpoint needs some; the ring goes on
// without it, and the next batch says how much was missed.
const feedPatience = 2 * time.Minute

// feed serves /api/tap: what the ring holds, then what comes.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) {
	c, release := s.accept(w, r, websocket.AcceptOptions{Subprotocols: []string{FeedProtocol}})
	if c == nil {
		return
	}
	defer release()
	gone, leave := context.WithCancel(context.Background())
	go func() {
		defer leave()
		refuseData(c)
	}()
	sub := s.hub.Subscribe()
	defer sub.Close()
	var batch []byte
	for {
		var err error
		if batch, err = sub.Next(gone, batch[:0]); err != nil {
			return
		}
		if err := sendBatch(gone, c, batch); err != nil {
			return
		}
	}
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
