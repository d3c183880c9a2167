package attach

import (
	"encoding/base64"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxHead is how many bytes are kept of the header fields of a handshake.
const maxHead = 64 << 10

// headers are header fields as the protocol has them: several of one name have a line feed between their values.
type headers map[string]string

// lines returns the fields as lines of a head, by name, and its end. No value can become a line of its own.
func (h headers) lines() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if name == "" || name[0] == ':' {
			continue
		}
		for value := range strings.SplitSeq(h[name], "\n") {
			line := oneLine(name) + ": " + oneLine(value) + "\r\n"
			if b.Len()+len(line) <= maxHead {
				b.WriteString(line)
			}
		}
	}
	return b.String() + "\r\n"
}

// get returns the value of a field, whose name is given in lower case.
func (h headers) get(name string) string {
	for n, value := range h {
		if strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// over2 returns the fields as HTTP/2 has them: in lower case, and without those that a browser's report has for HTTP/1.1 only.
func (h headers) over2() headers {
	fields := headers{}
	for name, value := range h {
		if name = strings.ToLower(name); name != "host" && name != "connection" && name != "upgrade" {
			fields[name] = value
		}
	}
	return fields
}

// requestHead returns the head of the request for a WebSocket, and whether it is one of HTTP/2 (RFC 8441), which has no key; nil when its fields are
// those of neither.
func requestHead(target string, h headers) (head []byte, http2 bool) {
	u, err := url.Parse(target)
	if err != nil || h.get("sec-websocket-version") == "" && h.get("sec-websocket-key") == "" {
		return nil, false
	}
	if h.get("sec-websocket-key") != "" {
		return []byte("GET " + oneLine(u.RequestURI()) + " HTTP/1.1\r\n" + h.lines()), false
	}
	return []byte(":method: CONNECT\r\n:protocol: websocket\r\n:scheme: https\r\n:authority: " + oneLine(u.Host) + "\r\n:path: " + oneLine(u.RequestURI()) + "\r\n" +
		h.over2().lines()), true
}

func responseHead(r *response, http2 bool) []byte {
	if http2 {
		return []byte(":status: " + strconv.Itoa(r.Status) + "\r\n" + r.Headers.over2().lines())
	}
	status := strconv.Itoa(r.Status) + " " + oneLine(short(r.StatusText))
	return []byte("HTTP/1.1 " + strings.TrimSpace(status) + "\r\n" + r.Headers.lines())
}

// agreed says what a handshake agreed on, in the words that a page's report has.
func agreed(h headers) string {
	words := "no subprotocol"
	if p := h.get("sec-websocket-protocol"); p != "" {
		words = "subprotocol " + short(oneLine(p))
	}
	if e := h.get("sec-websocket-extensions"); e != "" {
		words += "; extensions " + short(oneLine(e))
	}
	return words
}

// payload returns the first snap bytes of a message, and how long it is. All but text is in base64.
func payload(op frame.Opcode, data string, snap int) (kept []byte, n uint64, err error) {
	if op == frame.Text {
		return []byte(data[:min(len(data), snap)]), uint64(len(data)), nil
	}
	whole := base64.StdEncoding.DecodedLen(len(data))
	whole -= len(data) - len(strings.TrimRight(data, "="))
	part := data[:min(len(data), (snap+2)/3*4)]
	kept, err = base64.StdEncoding.DecodeString(part)
	return kept[:min(len(kept), snap)], uint64(max(whole, 0)), err
}

// clock turns the times of a browser, in seconds of a clock of its own, into those of this machine. It is set by the first event.
type clock struct {
	first float64
	base  time.Time
}

// maxSkew is how far the two may be apart before the clock is set again: after a sleep of the machine, or for a time that is none.
const maxSkew = time.Minute

// at returns the time of an event that came now, in nanoseconds since 1970.
func (c *clock) at(seconds float64, now time.Time) int64 {
	passed := seconds - c.first
	if c.base.IsZero() || math.Abs(passed-now.Sub(c.base).Seconds()) > maxSkew.Seconds() {
		c.first, c.base, passed = seconds, now, 0
	}
	return c.base.Add(time.Duration(passed * float64(time.Second))).UnixNano()
}
