package attach

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// handshakeWait is how long a socket is not shown, so that its request is there with the header fields: they are known once they are
// sent. One that does not get so far is shown without them.
const handshakeWait = time.Second

const (
	joined = "it was open before tetherscope attached: its URL and what passed until now are not known"
	noCode = "closed; the DevTools protocol has no close code"
)

// socket is one WebSocket.
type socket struct {
	conn    uint32
	url     string
	created int64
	last    int64       // time of its newest record: none is before another
	begun   bool        // its request was recorded
	heads   bool        // with the header fields
	http2   bool        // which are those of HTTP/2
	own     bool        // it is the feed of a panel
	late    *time.Timer // begins it without header fields; nil when it need not
	counts  [2]uint64   // messages by direction
	offsets [2]uint64
}

// socketEvent is every shape of the events of WebSockets.
type socketEvent struct {
	ID      string  `json:"requestId"`
	Time    float64 `json:"timestamp"` // seconds of a clock of its own
	URL     string  `json:"url"`
	Error   string  `json:"errorMessage"`
	Request struct {
		Headers headers `json:"headers"`
	} `json:"request"`
	Response response `json:"response"`
}

type response struct {
	Status     int     `json:"status"`
	StatusText string  `json:"statusText"`
	Headers    headers `json:"headers"`
	Opcode     int     `json:"opcode"`
	Payload    string  `json:"payloadData"`
}

// socketEvent takes an event of a WebSocket; name is what stands behind Network.webSocket.
func (w *watcher) socketEvent(t *target, name string, p json.RawMessage) {
	decode(p, func(e *socketEvent) {
		now := time.Now()
		if name == "Created" {
			w.created(t, e, now)
			return
		}
		at := w.clock.at(e.Time, now)
		s := t.sockets[e.ID]
		if s == nil && (name == "FrameSent" || name == "FrameReceived") {
			s = w.join(t, e, at)
		}
		if s == nil || s.own {
			if s != nil && name == "Closed" {
				w.forget(t, e.ID)
			}
			return
		}
		w.socketReport(t, s, name, e, at)
	})
}

func (w *watcher) socketReport(t *target, s *socket, name string, e *socketEvent, at int64) {
	switch name {
	case "WillSendHandshakeRequest":
		if !s.begun {
			head, http2 := requestHead(s.url, e.Request.Headers)
			s.heads, s.http2 = head != nil, http2
			w.request(t, s, at, head)
		}
	case "HandshakeResponseReceived":
		w.beginNow(t, s)
		w.opened(s, at, &e.Response)
	case "FrameSent":
		w.message(t, s, record.Out, e, at)
	case "FrameReceived":
		w.message(t, s, record.In, e, at)
	case "FrameError":
		w.beginNow(t, s)
		w.put(s, &record.Record{Kind: record.KindNote, Name: "error", Reason: short(e.Error)}, at)
	case "Closed":
		w.end(t, e.ID, s, noCode)
	}
}

// created begins a socket. Its request is recorded with the header fields, or a little later without.
func (w *watcher) created(t *target, e *socketEvent, now time.Time) {
	if t.sockets[e.ID] != nil || !w.room() {
		return
	}
	s := &socket{url: short(e.URL), created: now.UnixNano(), own: isFeed(e.URL, feed.Path)}
	w.add(t, e.ID, s)
	if s.own {
		return
	}
	s.conn = w.feed.NewConn()
	s.late = time.AfterFunc(handshakeWait, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.ended && t.sockets[e.ID] == s {
			w.beginNow(t, s)
		}
	})
}

// join begins a socket that was open before.
func (w *watcher) join(t *target, e *socketEvent, at int64) *socket {
	if !w.room() {
		return nil
	}
	s := &socket{conn: w.feed.NewConn(), created: at}
	w.add(t, e.ID, s)
	w.request(t, s, at, nil)
	w.put(s, &record.Record{Kind: record.KindNote, Name: "open", Reason: joined}, at)
	return s
}

// room reports whether another socket is kept.
func (w *watcher) room() bool {
	if w.sockets >= w.most.sockets {
		w.say(&w.left.sockets, "More than %d WebSockets are open: others are not shown.", w.most.sockets)
		return false
	}
	return true
}

func (w *watcher) add(t *target, id string, s *socket) {
	t.sockets[id] = s
	w.sockets++
}

func (w *watcher) forget(t *target, id string) {
	delete(t.sockets, id)
	w.sockets--
}

// beginNow records the request of a socket whose header fields have not come.
func (w *watcher) beginNow(t *target, s *socket) {
	if !s.begun {
		w.request(t, s, s.created, nil)
	}
}

func (s *socket) stopWaiting() {
	if s.late != nil {
		s.late.Stop()
	}
}

func (w *watcher) request(t *target, s *socket, at int64, head []byte) {
	s.begun = true
	s.stopWaiting()
	w.put(s, &record.Record{Kind: record.KindRequest, Name: s.url, Remote: t.where(), Head: head}, at)
}

// opened records the response: with its header fields when those of the request are there, else as what a page knows.
func (w *watcher) opened(s *socket, at int64, r *response) {
	if s.heads && (r.Status == 101 && !s.http2 || r.Status/100 == 2 && s.http2) {
		w.put(s, &record.Record{Kind: record.KindResponse, Head: responseHead(r, s.http2)}, at)
		return
	}
	w.put(s, &record.Record{Kind: record.KindNote, Name: "open", Reason: agreed(r.Headers)}, at)
}

// opcodes are those of whole messages, and of control frames.
var opcodes = []frame.Opcode{frame.Text, frame.Binary, frame.Close, frame.Ping, frame.Pong}

// message records a whole message. Where the protocol gives its bytes in base64, they are decoded as far as they are kept.
func (w *watcher) message(t *target, s *socket, dir record.Dir, e *socketEvent, at int64) {
	w.beginNow(t, s)
	op := frame.Opcode(e.Response.Opcode & 0xF)
	kept, n, err := payload(op, e.Response.Payload, w.feed.Snap())
	if err != nil || !slices.Contains(opcodes, op) || int(op) != e.Response.Opcode {
		w.missing(s, time.Now(), "a message is missing: the browser's report of it cannot be read")
		return
	}
	r := record.Record{Kind: record.KindFrame, Dir: dir, Payload: kept, Offset: s.offsets[dir]}
	r.Header = frame.Header{Fin: true, Opcode: op, Masked: dir == record.Out, Length: n}
	r.Header.Size = uint8(len(frame.AppendHeader(nil, r.Header)))
	s.offsets[dir] += uint64(r.Header.Size) + n
	if !op.IsControl() {
		s.counts[dir]++
		r.Message, r.Final, r.Frames, r.Wire, r.Inflated = s.counts[dir], true, 1, n, n
	}
	w.put(s, &r, at)
}

// missing records that a message of a socket was not.
func (w *watcher) missing(s *socket, now time.Time, words string) {
	w.put(s, &record.Record{Kind: record.KindNote, Name: "missing", Reason: words}, now.UnixNano())
}

// end records the end of a socket, and forgets it.
func (w *watcher) end(t *target, id string, s *socket, reason string) {
	w.forget(t, id)
	if s.own {
		return
	}
	w.beginNow(t, s)
	w.put(s, &record.Record{Kind: record.KindEnd, Reason: reason}, max(s.last, time.Now().UnixNano()))
}

// put passes on a record of a socket, without credentials.
func (w *watcher) put(s *socket, r *record.Record, at int64) {
	if w.ended {
		return
	}
	s.last = max(s.last, at)
	r.Source, r.Conn, r.Time = record.SourcePage, s.conn, s.last
	w.feed.Append(redact.Record(r))
}

// requestID finds the ID in the beginning of an event of a WebSocket's message.
var requestID = regexp.MustCompile(`^\{"method":"Network\.webSocketFrame(?:Sent|Received)","params":\{"requestId":"([^"\\]+)"`)

// ofBegin returns the socket of an event of which only the beginning is known, if one alone has that ID.
func (w *watcher) ofBegin(begin []byte) (found *target, id string) {
	m := requestID.FindSubmatch(begin)
	if m == nil {
		return nil, ""
	}
	id = string(m[1])
	for _, t := range w.targets {
		if s := t.sockets[id]; s == nil || s.own {
			continue
		}
		if found != nil {
			return nil, ""
		}
		found = t
	}
	return found, id
}

// size writes a number of bytes in MiB.
func size(n int64) string { return strconv.FormatInt((n+1<<20-1)>>20, 10) + " MiB" }
