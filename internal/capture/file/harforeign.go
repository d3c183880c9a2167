package file

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// foreign makes records of an entry that another program wrote. It saw messages and not the wire.
type foreign struct {
	h       *harReader
	e       *harEntry
	at      int64
	now     int64 // of the last message with a time; 0 before
	offset  [2]uint64
	number  [2]uint64
	records []stored // of its messages
}

// finish passes on the records of the connection, its handshake first. The beginning of the entry is the time of messages
// that have none.
func (f *foreign) finish(conn uint32) {
	messages := f.records
	last := f.now
	begin := parseDate(f.e.Started)
	f.records, f.now = nil, begin
	f.put(record.Record{Kind: record.KindRequest, Name: f.e.Request.URL, Head: f.requestHead()})
	if f.e.Response.Status > 0 {
		f.put(record.Record{Kind: record.KindResponse, Head: f.responseHead()})
	}
	head := f.records
	if f.records = nil; last != 0 {
		f.now = last
	}
	f.ending()
	for _, list := range [][]stored{head, messages, f.records} {
		absolute(list, begin)
		for _, r := range list {
			r.conn = conn
			f.h.others = append(f.h.others, r)
		}
	}
}

func (f *foreign) put(r record.Record) {
	r.Time, r.Source = f.now, record.SourcePage
	f.records = append(f.records, f.h.store.add(&r))
}

func (f *foreign) requestHead() []byte {
	host, target := splitURL(f.e.Request.URL)
	method := f.e.Request.Method
	if method == "" {
		method = "GET"
	}
	head := oneLine(method) + " " + oneLine(target) + " HTTP/1.1\r\n"
	if !slices.ContainsFunc(f.e.Request.Headers, func(x harField) bool { return strings.EqualFold(x.Name, "Host") }) && host != "" {
		head += "Host: " + oneLine(host) + "\r\n"
	}
	return []byte(head + headerLines(f.e.Request.Headers))
}

// splitURL returns the host and the request target of a URL. (net/url is left out of this package: it is a part of net.)
func splitURL(u string) (host, target string) {
	if _, rest, ok := strings.Cut(u, "://"); ok {
		u = rest
	}
	u, _, _ = strings.Cut(u, "#")
	i := strings.IndexAny(u, "/?")
	if i < 0 {
		return u, "/"
	}
	host, target = u[:i], u[i:]
	if target[0] == '?' {
		target = "/" + target
	}
	return host[strings.LastIndexByte(host, '@')+1:], target
}

func (f *foreign) responseHead() []byte {
	status := strconv.Itoa(f.e.Response.Status) + " " + oneLine(f.e.Response.StatusText)
	return []byte("HTTP/1.1 " + strings.TrimSpace(status) + "\r\n" + headerLines(f.e.Response.Headers))
}

// headerLines writes header fields. Names that begin with a colon are HTTP/2's, and no fields.
func headerLines(list []harField) string {
	var b strings.Builder
	for _, f := range list {
		if f.Name != "" && !strings.HasPrefix(f.Name, ":") {
			b.WriteString(oneLine(f.Name) + ": " + oneLine(f.Value) + "\r\n")
		}
	}
	b.WriteString("\r\n")
	return b.String()
}

// oneLine keeps a value of the file from becoming lines of a head.
func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// message makes the record of a message or an error. Any other member of it is skipped and reported.
func (f *foreign) message(m *looseMessage) error {
	at, late := looseTime(m.Time)
	if at != 0 {
		f.now = at
	}
	r := record.Record{Kind: record.KindFrame}
	data, isString := text(m.Data)
	switch kind, _ := text(m.Type); strings.ToLower(kind) {
	case "send":
	case "receive":
		r.Dir = record.In
	case "error":
		f.put(record.Record{Kind: record.KindBroken, Dir: record.In, Reason: valid(data)})
		return late
	default:
		return fmt.Errorf("its type is %s: want send, receive or error", quoted(kind))
	}
	op, err := opcode(m.Opcode)
	if err != nil {
		return err
	}
	if !isString {
		f.frame(&r, op, []byte(data))
		return errors.Join(late, errNotString)
	}
	b, err := payload(op, data)
	f.frame(&r, op, b)
	return errors.Join(late, err)
}

// frame completes the record of a message that had one frame, masked if the client sent it. Its real key is not known.
func (f *foreign) frame(r *record.Record, op frame.Opcode, data []byte) {
	n := uint64(len(data))
	r.Header = frame.Header{Fin: true, Opcode: op, Masked: r.Dir == record.Out, Length: n}
	r.Header.Size = uint8(len(frame.AppendHeader(nil, r.Header)))
	r.Payload, r.Offset = data, f.offset[r.Dir]
	f.offset[r.Dir] += uint64(r.Header.Size) + n
	if !op.IsControl() {
		f.number[r.Dir]++
		r.Message, r.Final, r.Frames, r.Wire, r.Inflated = f.number[r.Dir], true, 1, n, n
	}
	f.put(*r)
}

// payload returns the bytes of a message: those of text, else what is written in base64.
func payload(op frame.Opcode, data string) ([]byte, error) {
	if op == frame.Text {
		return []byte(data), nil
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if b, err := enc.DecodeString(data); err == nil {
			return b, nil
		}
	}
	b := make([]byte, 0, len(data))
	for _, c := range data {
		if c > 0xFF {
			return []byte(data), ErrNotBase64
		}
		b = append(b, byte(c))
	}
	return b, ErrNotBase64
}

// ending makes the records of HTTP Toolkit's _webSocketClose.
func (f *foreign) ending() {
	c := f.e.Close
	if c == nil {
		return
	}
	if c.at > f.now {
		f.now = c.at
	}
	if c.aborted {
		f.put(record.Record{Kind: record.KindClose, Code: frame.CodeAbnormal})
		f.put(record.Record{Kind: record.KindEnd, Reason: "aborted"})
		return
	}
	code := c.Code
	if code == 0 {
		code = frame.CodeNoStatus
	}
	f.put(record.Record{Kind: record.KindClose, Code: code, Reason: c.Reason, Clean: true})
}

// harSeconds reads a time since 1970. The unit is the second; what would be past the year 5000 is in milliseconds, as some
// write it. 0 means none.
func harSeconds(n json.Number) int64 {
	v, err := strconv.ParseFloat(string(n), 64)
	if err != nil || v <= 0 || v > 9e12 {
		return 0
	}
	if v > 1e11 {
		v /= 1000
	}
	if v > 9e9 {
		return 0
	}
	return int64(v*1e6+0.5) * 1000
}
