package file

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// line is a record as a JSON object. Its names are part of the format: append, never rename.
type line struct {
	V    int    `json:"v"`
	Seq  uint64 `json:"seq"`
	Time string `json:"time"` // RFC 3339, to the nanosecond
	Conn uint32 `json:"conn"`
	Kind string `json:"kind"`
	Leg  string `json:"leg,omitempty"` // "upstream"; left out for the client's
	Dir  string `json:"dir,omitempty"`

	Marks  []string `json:"marks,omitempty"`  // since version 2
	Source string   `json:"source,omitempty"` // "page"; left out for the wire

	Name   string   `json:"name,omitempty"`
	Remote string   `json:"remote,omitempty"`
	Node   string   `json:"node,omitempty"` // that the connection is on; left out when it is not known
	App    *lineApp `json:"app,omitempty"`  // the program that opened the connection; left out when it is not known

	Waited  time.Duration `json:"waited,omitempty"` // nanoseconds, as all that follow
	Reached *lineReached  `json:"reached,omitempty"`
	Passed  [][3]uint64   `json:"passed,omitempty"` // of each part: from, to, stood. Since version 3

	Frame   *lineFrame   `json:"frame,omitempty"`
	Message *lineMessage `json:"message,omitempty"` // on the frame that ends a message

	By     string `json:"by,omitempty"`
	Code   uint16 `json:"code,omitempty"`
	Offset uint64 `json:"offset,omitempty"`
	Reason string `json:"reason,omitempty"`
	Clean  bool   `json:"clean,omitempty"`

	content          // the frame's payload as it stood on the wire, unmasked; or the HTTP head
	Body    *content `json:"body,omitempty"` // what the application got, when it is not the payload
}

type lineFrame struct {
	Opcode     uint8    `json:"opcode"`
	Type       string   `json:"type"` // the opcode's name, for people; not read
	Fin        bool     `json:"fin"`
	Rsv        uint8    `json:"rsv,omitempty"`
	Key        *string  `json:"key,omitempty"` // hex; left out when the frame is not masked
	Length     uint64   `json:"length"`
	Header     uint8    `json:"header"` // size in bytes
	Offset     uint64   `json:"offset"`
	Number     uint64   `json:"message,omitempty"`
	Truncated  bool     `json:"truncated,omitempty"`  // by the end of the stream
	Cut        uint64   `json:"cut,omitempty"`        // bytes of the payload that the capture did not keep; not read
	Compressed bool     `json:"compressed,omitempty"` // of the message that the frame ends
	Violations []string `json:"violations,omitempty"`
}

type lineApp struct {
	PID  uint32 `json:"pid"`
	Name string `json:"name"`
}

type lineReached struct {
	Address  string        `json:"address,omitempty"`
	Lookup   time.Duration `json:"lookup,omitempty"`
	Connect  time.Duration `json:"connect,omitempty"`
	TLS      time.Duration `json:"tls,omitempty"`
	Response time.Duration `json:"answer,omitempty"`
}

type lineMessage struct {
	Frames uint32 `json:"frames"`
	Wire   uint64 `json:"wire"`          // bytes of payload, all its frames
	Length uint64 `json:"length"`        // bytes as the application got them
	Cut    uint64 `json:"cut,omitempty"` // of these, what the capture did not keep; not read
}

func newLine(r *record.Record) *line {
	l := &line{
		V: 1, Seq: r.Seq, Time: time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano), Conn: r.Conn,
		Kind: r.Kind.Name(),
	}
	if r.Leg == record.LegUpstream {
		l.Leg = "upstream"
	}
	if r.Marks != 0 {
		l.V, l.Marks = 2, strings.Fields(r.Marks.String())
	}
	if r.Source == record.SourcePage {
		l.Source = r.Source.String()
	}
	if r.Dir == record.In || r.Kind == record.KindFrame || r.Kind == record.KindBroken || r.Kind == record.KindTransit {
		l.Dir = r.Dir.String()
	}
	switch r.Kind {
	case record.KindRequest:
		l.Name, l.Remote, l.Node, l.Waited = valid(r.Name), valid(r.Remote), valid(r.Node), r.Waited
		l.content = newContent(r.Head)
		if p := r.Program; p != (record.Program{}) {
			l.App = &lineApp{p.PID, valid(p.Name)}
		}
	case record.KindResponse:
		l.content = newContent(r.Head)
		l.setReached(r.Reached)
	case record.KindFrame:
		l.setFrame(r)
	case record.KindNote:
		l.Name, l.Reason = valid(r.Name), valid(r.Reason)
	case record.KindClose, record.KindEnd, record.KindBroken:
		l.By, l.Code, l.Offset, l.Reason, l.Clean = r.By.String(), r.Code, r.Offset, valid(r.Reason), r.Clean
	case record.KindTransit:
		l.V = JSONLVersion
		for _, p := range r.Transits {
			l.Passed = append(l.Passed, [3]uint64{p.From, p.To, uint64(p.Delay)})
		}
	}
	return l
}

func (l *line) setReached(r record.Reached) {
	if r != (record.Reached{}) {
		l.Reached = &lineReached{valid(r.Address), r.Lookup, r.Connect, r.TLS, r.Response}
	}
}

func (l *line) setFrame(r *record.Record) {
	h := r.Header
	cutPayload, cutMessage := r.NotKept()
	l.Frame = &lineFrame{
		Opcode: uint8(h.Opcode), Type: h.Opcode.String(), Fin: h.Fin, Rsv: h.Rsv, Length: h.Length, Header: h.Size,
		Offset: r.Offset, Number: r.Message, Truncated: r.Truncated, Cut: cutPayload,
		Compressed: r.Compressed, Violations: violationNames(r.Violations),
	}
	if h.Masked {
		key := hex.EncodeToString(h.Key[:])
		l.Frame.Key = &key
	}
	l.content = newContent(r.Payload)
	if r.Final {
		l.Message = &lineMessage{Frames: r.Frames, Wire: r.Wire, Length: r.Inflated, Cut: cutMessage}
		if r.Body != nil {
			body := newContent(r.Body)
			l.Body = &body
		}
	}
}

// record checks a line and returns what it stands for.
func (l *line) record() (*record.Record, error) {
	at, err := time.Parse(time.RFC3339Nano, l.Time)
	if err != nil || !time.Unix(0, at.UnixNano()).Equal(at) {
		return nil, &fieldError{"time", "is " + quoted(l.Time) + ": want 2026-01-31T12:00:00.123456789Z"}
	}
	r := &record.Record{Seq: l.Seq, Time: at.UnixNano(), Conn: l.Conn}
	if r.Kind, err = parseKind(l.Kind); err != nil {
		return nil, err
	}
	if err := l.setSides(r); err != nil {
		return nil, err
	}
	for _, name := range l.Marks {
		mark := record.MarkNamed(name)
		if mark == 0 {
			return nil, &fieldError{"marks", "has " + quoted(name) + ": no mark has that name"}
		}
		r.Marks |= mark
	}
	switch r.Kind {
	case record.KindRequest:
		r.Name, r.Remote, r.Node, r.Waited = l.Name, l.Remote, l.Node, l.Waited
		r.Head, err = l.bytes()
		if l.App != nil {
			r.Program = record.Program(*l.App)
		}
	case record.KindResponse:
		r.Head, err = l.bytes()
		if l.Reached != nil {
			r.Reached = record.Reached(*l.Reached)
		}
	case record.KindFrame:
		err = l.frame(r)
	case record.KindNote:
		r.Name, r.Reason = l.Name, l.Reason
	case record.KindClose, record.KindEnd, record.KindBroken:
		if r.By, err = parseSide(l.By); err != nil {
			return nil, err
		}
		r.Code, r.Offset, r.Reason, r.Clean = l.Code, l.Offset, l.Reason, l.Clean
	case record.KindTransit:
		for _, p := range l.Passed {
			r.Transits = append(r.Transits, record.Transit{From: p[0], To: p[1], Delay: time.Duration(p[2])})
		}
	}
	return r, err
}

func (l *line) setSides(r *record.Record) error {
	switch l.Leg {
	case "", "client":
	case "upstream":
		r.Leg = record.LegUpstream
	default:
		return &fieldError{"leg", "is " + quoted(l.Leg) + ": want client or upstream"}
	}
	switch l.Source {
	case "", "wire":
	case "page":
		r.Source = record.SourcePage
	default:
		return &fieldError{"source", "is " + quoted(l.Source) + ": want wire or page"}
	}
	switch l.Dir {
	case "", "out":
	case "in":
		r.Dir = record.In
	default:
		return &fieldError{"dir", "is " + quoted(l.Dir) + ": want in or out"}
	}
	return nil
}

func (l *line) frame(r *record.Record) error {
	f := l.Frame
	switch {
	case f == nil:
		return &fieldError{"frame", "is missing"}
	case f.Opcode > 15:
		return &fieldError{"opcode", fmt.Sprintf("is %d: want 0 to 15", f.Opcode)}
	case f.Rsv > 7:
		return &fieldError{"rsv", fmt.Sprintf("is %d: want 0 to 7", f.Rsv)}
	case f.Header > frame.MaxHeaderSize:
		return &fieldError{"header", fmt.Sprintf("is %d: a header has at most %d bytes", f.Header, frame.MaxHeaderSize)}
	}
	r.Header = frame.Header{Fin: f.Fin, Rsv: f.Rsv, Opcode: frame.Opcode(f.Opcode), Length: f.Length, Size: f.Header}
	r.Offset, r.Message, r.Truncated, r.Compressed = f.Offset, f.Number, f.Truncated, f.Compressed
	if f.Key != nil {
		r.Header.Masked = true
		if n, err := hex.Decode(r.Header.Key[:], []byte(cutTo(*f.Key, 8))); err != nil || n != 4 || len(*f.Key) != 8 {
			return &fieldError{"key", "is " + quoted(*f.Key) + ": want 8 hex digits"}
		}
	}
	for _, name := range f.Violations {
		bit := violationNamed(name)
		if bit == 0 {
			return &fieldError{"violations", "has " + quoted(name) + ": no violation has that name"}
		}
		r.Violations |= bit
	}
	var err error
	if r.Payload, err = l.bytes(); err != nil {
		return err
	}
	return l.message(r)
}

func (l *line) message(r *record.Record) (err error) {
	m := l.Message
	if m == nil {
		return nil
	}
	r.Final, r.Frames, r.Wire, r.Inflated = true, m.Frames, m.Wire, m.Length
	if l.Body != nil {
		r.Body, err = l.Body.bytes()
	}
	return err
}
