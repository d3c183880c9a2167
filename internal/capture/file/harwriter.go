package file

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// HARWriter gathers records and writes them as one HAR 1.2 file: an entry for each connection, with Chrome's
// _webSocketMessages for other programs and, beside it, _webSocketFrames: every record of the connection as in
// [AppendJSONL], from which [ReadHAR] gets back exactly what was written. It holds the whole capture until Close. It is
// for one goroutine.
type HARWriter struct {
	w       io.Writer
	creator string
	byConn  map[uint32]int
	entries []harEntry
	last    []int64 // of each entry: time of its last record
}

// NewHARWriter returns a writer of a HAR file. version is that of the program, for the file's creator.
func NewHARWriter(w io.Writer, version string) *HARWriter {
	return &HARWriter{w: w, creator: version, byConn: map[uint32]int{}}
}

// Write takes a record.
func (h *HARWriter) Write(r *record.Record) error {
	i, ok := h.byConn[r.Conn]
	if !ok {
		i = len(h.entries)
		h.byConn[r.Conn] = i
		h.entries = append(h.entries, newEntry(r))
		h.last = append(h.last, r.Time)
	}
	e := &h.entries[i]
	h.last[i] = max(h.last[i], r.Time)
	e.add(r)
	e.Frames = append(e.Frames, newLine(r))
	return nil
}

// Close writes the file. It does not close the writer beneath.
func (h *HARWriter) Close() error {
	for i := range h.entries {
		e := &h.entries[i]
		began, err := time.Parse(time.RFC3339Nano, e.Started)
		if err == nil {
			e.Time = float64(h.last[i]-began.UnixNano()) / 1e6
		}
		e.Timings.Receive = max(0, e.Time-e.Timings.beforeReceive())
	}
	doc := struct {
		Log harLog `json:"log"`
	}{harLog{Version: "1.2", Creator: harCreator{"tetherscope", h.creator}, Pages: []struct{}{}, Entries: h.entries}}
	if doc.Log.Entries == nil {
		doc.Log.Entries = []harEntry{}
	}
	enc := json.NewEncoder(h.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(&doc)
}

func newEntry(r *record.Record) harEntry {
	return harEntry{
		Started: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), ResourceType: "websocket",
		Request: harRequest{
			Method: "GET", URL: "ws://unknown/", HTTPVersion: "HTTP/1.1", Cookies: []struct{}{}, Headers: []harField{},
			QueryString: []harField{}, HeadersSize: -1,
		},
		Response: harResponse{
			HTTPVersion: "HTTP/1.1", Cookies: []struct{}{}, Headers: []harField{}, Content: harContent{MimeType: "x-unknown"},
			HeadersSize: -1, BodySize: -1,
		},
		Messages: []harMessage{},
		Timings:  harTimingsOf(record.Reached{}),
		opcode:   [2]frame.Opcode{frame.Binary, frame.Binary},
	}
}

// add puts what other programs understand of a record into the entry.
func (e *harEntry) add(r *record.Record) {
	switch r.Kind {
	case record.KindRequest:
		h := frame.ParseHandshake(r.Head, nil)
		e.Request.Headers = harFields(h.Request)
		e.Request.HeadersSize = len(r.Head)
		e.Request.URL = harURL(r.Name, &h)
		e.Request.QueryString = harQuery(e.Request.URL)
		if h.Method != "" {
			e.Request.Method, e.Request.HTTPVersion = valid(h.Method), valid(h.Proto)
		}
	case record.KindResponse:
		h := frame.ParseHandshake(nil, r.Head)
		e.Response.Headers = harFields(h.Response)
		e.Response.HeadersSize = len(r.Head)
		e.Response.Status, e.Response.StatusText = h.Status, valid(h.Reason)
		if h.StatusProto != "" {
			e.Response.HTTPVersion = valid(h.StatusProto)
		}
		e.Timings = harTimingsOf(r.Reached)
	case record.KindFrame:
		e.addFrame(r)
	case record.KindClose:
		e.Close = &harClose{Code: r.Code, Reason: valid(r.Reason), Timestamp: harTime(r.Time), aborted: r.Code == frame.CodeAbnormal}
	case record.KindBroken:
		e.Messages = append(e.Messages, harMessage{Type: "error", Time: harTime(r.Time), Opcode: -1, Data: valid(r.Reason)})
	case record.KindEnd, record.KindNote, record.KindTransit:
	}
}

// addFrame adds the message that a frame ends, as the application got it. Control frames are not messages.
func (e *harEntry) addFrame(r *record.Record) {
	op := r.Header.Opcode
	if op.IsControl() {
		return
	}
	if op != frame.Continuation {
		e.opcode[r.Dir] = op
	}
	if !r.Final {
		return
	}
	m := harMessage{Type: "send", Time: harTime(r.Time), Opcode: int(e.opcode[r.Dir])}
	if r.Dir == record.In {
		m.Type = "receive"
	}
	if m.Opcode == int(frame.Text) {
		m.Data = valid(string(r.Bytes()))
	} else {
		m.Data = base64.StdEncoding.EncodeToString(r.Bytes())
	}
	_, m.Cut = r.NotKept()
	e.Messages = append(e.Messages, m)
}

func harFields(list []frame.Field) []harField {
	out := make([]harField, 0, len(list))
	for _, f := range list {
		out = append(out, harField{valid(f.Name), valid(f.Value)})
	}
	return out
}

// harURL returns the URL of a connection: its name when that is one, as of imported files, else from the request.
func harURL(name string, h *frame.Handshake) string {
	if strings.Contains(name, "://") {
		return valid(name)
	}
	host := "unknown"
	for _, f := range h.Request {
		if strings.EqualFold(f.Name, "Host") {
			host = f.Value
		}
	}
	target := h.Target
	if target == "" {
		target = name
	}
	return valid("ws://" + host + target)
}

func harQuery(url string) []harField {
	out := []harField{}
	_, query, _ := strings.Cut(url, "?")
	for p := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(p, "="); name != "" {
			out = append(out, harField{name, value})
		}
	}
	return out
}

// harTime writes a time as seconds, to the microsecond: a float64 holds no more.
func harTime(ns int64) json.Number {
	us, sign := ns/1000, ""
	if us < 0 {
		us, sign = -us, "-"
	}
	return json.Number(fmt.Sprintf("%s%d.%06d", sign, us/1e6, us%1e6))
}
