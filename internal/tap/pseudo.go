package tap

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// pseudoHeader is a connection that stands for a stream of an HTTP/2 connection, as internal/server/gateway makes them: the handshake on it
// is one of HTTP/1.1, PseudoHead returns how it came.
type pseudoHeader interface{ PseudoHead() []byte }

// recordedHead returns the head of r as it is recorded: that of HTTP/2 when it came so.
func recordedHead(r *http.Request, raw *headConn) []byte {
	if raw != nil {
		if p := pseudoBeneath(raw); p != nil {
			return p.PseudoHead()
		}
	}
	return RequestHead(r)
}

// pseudoBeneath returns the connection of a stream that c is made of, or nil.
func pseudoBeneath(c net.Conn) pseudoHeader {
	for {
		if p, ok := c.(pseudoHeader); ok {
			return p
		}
		above, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		c = above.NetConn()
	}
}

// answerHead returns the head of the response to a request as it is recorded: over HTTP/2 a 101 is a 200 (RFC 8441 section 5), and the fields
// that belong to HTTP/1.1 do not travel.
func answerHead(request, head []byte) []byte {
	if len(request) == 0 || request[0] != ':' {
		return head
	}
	h := frame.ParseHandshake(nil, head)
	status := h.Status
	if status == http.StatusSwitchingProtocols {
		status = http.StatusOK
	}
	b := bytes.NewBufferString(fmt.Sprintf(":status: %d\r\n", status))
	for _, f := range h.Response {
		switch name := strings.ToLower(f.Name); name {
		case "connection", "upgrade", "keep-alive", "transfer-encoding", "sec-websocket-accept":
		default:
			fmt.Fprintf(b, "%s: %s\r\n", name, f.Value)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
