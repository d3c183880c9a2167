package tap

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// RequestHead returns the head of r: exactly as it was sent when the connection came through [Listen] and every reader reads
// in it what net/http has read, otherwise rebuilt from what net/http keeps: what is checked is what is used. Nothing in it is redacted.
func RequestHead(r *http.Request) []byte {
	if hc := rawHeads(r); hc != nil {
		if head := hc.request(r); head != nil {
			return head
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", r.Method, r.RequestURI, r.Proto, r.Host)
	return finishHead(&b, r.Header)
}

// responseHead builds the head of a response.
func responseHead(status int, h http.Header) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s %s\r\n", strconv.Itoa(status), http.StatusText(status))
	return finishHead(&b, h)
}

func finishHead(b *bytes.Buffer, h http.Header) []byte {
	_ = h.Write(b) // a bytes.Buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}
