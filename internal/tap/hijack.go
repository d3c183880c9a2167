package tap

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// responseWriter passes all calls to the writer beneath and taps the connection when it is hijacked.
type responseWriter struct {
	http.ResponseWriter
	tap      *Tap
	id       uint32
	name     string
	number   uint64 // under the active fault rules; 0 for none
	request  []byte // head, redacted
	words    record.Words
	raw      *headConn
	status   int
	hijacked bool
	reached  record.Reached
	rules    fault.HandshakeEffect
	sent     []byte // head of the request as the client sent it, when rules set fields in it
}

// Unwrap returns the writer beneath, for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes the status on and keeps the final one.
func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
		apply(w.Header(), w.rules.Response)
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

// Hijack returns the tapped connection and a reader and writer over it. Bytes of the client that net/http had read already are
// recorded now and stay in the reader.
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
	c := w.tap.newConn(netConn, w)
	c.reached, c.rewritten = w.reached, rewrittenBy(w.rules.Response)
	w.tap.applyRules(c, w.number)
	if head != nil {
		c.in.begin(c.opened(head))
	}
	early, err := buffered(brw)
	if err != nil {
		return nil, nil, err
	}
	if c.out.shaped() { // the rules apply to what came early as well; the server reads the rest of it from the connection
		c.out.collect(early)
		early = nil
	}
	c.out.feed(early)
	brw.Reader.Reset(io.MultiReader(bytes.NewReader(early), c))
	if _, err := brw.Peek(len(early)); err != nil { // they are in the reader's buffer again, where libraries look for them
		return nil, nil, err
	}
	brw.Writer.Reset(c)
	w.tap.remember(c)
	return c, brw, nil
}

// buffered flushes the writer and returns a copy of what the reader has buffered.
func buffered(brw *bufio.ReadWriter) ([]byte, error) {
	if err := brw.Flush(); err != nil {
		return nil, err
	}
	b, err := brw.Peek(brw.Reader.Buffered())
	return bytes.Clone(b), err
}
