package tap

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/secret"
)

// responseWriter passes everything on and taps the connection when it is hijacked.
type responseWriter struct {
	http.ResponseWriter
	tap      *Tap
	id       uint32
	name     string
	number   uint64 // under the deck in force; 0 for none
	request  []byte // head, blanked
	raw      *headConn
	status   int
	hijacked bool
	reached  record.Reached
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes the status on and remembers the final one.
func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// code returns the status of the answer: 200 when the handler gave none.
func (w *responseWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Hijack hands out the tapped connection and a reader and writer over it. Bytes of the client that net/http had read
// already are recorded now and stay in the reader.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	netConn, brw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.hijacked = true
	var head []byte
	if w.status == http.StatusSwitchingProtocols {
		head = responseHead(w.status, w.Header())
	}
	if w.raw != nil {
		if exact := w.raw.response(); exact != nil {
			head = exact
		}
		if netConn == net.Conn(w.raw) {
			netConn = w.raw.Conn
		}
	}
	c := newConn(netConn, w.tap, w.id, w.name, w.request)
	c.reached = w.reached
	w.tap.underDeck(c, w.number)
	if head != nil {
		c.in.begin(c.opened(head))
	}
	early, err := buffered(brw)
	if err != nil {
		return nil, nil, err
	}
	if c.out.laned() { // what came early is for the rules as well, and what they leave of it is read from the connection
		c.out.collect(early)
		early = nil
	}
	c.out.feed(early)
	brw.Reader.Reset(io.MultiReader(bytes.NewReader(early), c))
	if _, err := brw.Peek(len(early)); err != nil { // it has them in its buffer again, where libraries look for them
		return nil, nil, err
	}
	brw.Writer.Reset(c)
	w.tap.remember(c)
	return c, brw, nil
}

// buffered returns a copy of what the reader holds, after sending off what the writer holds.
func buffered(brw *bufio.ReadWriter) ([]byte, error) {
	if err := brw.Flush(); err != nil {
		return nil, err
	}
	b, err := brw.Peek(brw.Reader.Buffered())
	return bytes.Clone(b), err
}

// opened records the response of the handshake, begins to decode the client's direction with what it agreed, and returns
// the decoder for the server's, whose lock the caller may hold.
func (c *conn) opened(head []byte) *frame.Decoder {
	blanked := secret.Blank(head)
	c.response.Store(&blanked)
	c.tap.response(c.id, blanked, c.reached)
	cfg := frame.Config{
		FromClient: true, Snap: c.tap.cfg.Snap, MaxInflate: c.tap.cfg.MaxInflate,
		Deflate: frame.ParseHandshake(c.request, head).Deflate,
	}
	c.out.begin(frame.NewDecoder(cfg))
	cfg.FromClient = false
	return frame.NewDecoder(cfg)
}
