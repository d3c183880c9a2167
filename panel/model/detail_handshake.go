package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// HandshakeDetail is the Handshake tab.
type HandshakeDetail struct {
	Missing      bool // the panel never saw the handshake
	Page         bool // a page reported the connection: no page sees a handshake
	RequestLine  string
	Request      []Fact
	ResponseLine string // empty while there is no response
	Upgraded     bool
	Response     []Fact

	Key, Accept, Expected string
	AcceptOK              bool

	Offered     []string // subprotocols
	Subprotocol string
	Extensions  []Fact // agreed: name, parameters, explanation
	Problems    []string
	Legs        []Fact // when each step of both legs' opening took how long
}

func handshakeDetail(d *details) *HandshakeDetail {
	k := d.conns.byID[d.sel.conn]
	if k == nil || len(k.request)+len(k.response) == 0 {
		return &HandshakeDetail{Missing: true, Page: k != nil && k.Source == record.SourcePage}
	}
	h := frame.ParseHandshake(k.request, k.response)
	out := &HandshakeDetail{
		RequestLine: line(h.Method, h.Target, h.Proto),
		Request:     fieldFacts(h.Request),
		Upgraded:    h.Upgraded(),
		Response:    fieldFacts(h.Response),
		Key:         safe(h.Key), Accept: safe(h.Accept), Expected: h.AcceptExpected, AcceptOK: h.AcceptOK,
		Subprotocol: safe(h.Subprotocol),
	}
	if len(k.response) > 0 {
		out.ResponseLine = line(h.StatusProto, strconv.Itoa(h.Status), h.Reason)
	}
	for _, s := range h.SubprotocolsOffered {
		out.Offered = append(out.Offered, safe(s))
	}
	out.Legs = legFacts(k)
	for _, e := range h.Extensions {
		out.Extensions = append(out.Extensions, extensionFacts(e)...)
	}
	for _, p := range h.Problems {
		out.Problems = append(out.Problems, format.Preview([]byte(p), 400))
	}
	return out
}

func safe(s string) string { return format.Preview([]byte(s), 4096) }

func line(parts ...string) string { return safe(strings.Join(parts, " ")) }

func fieldFacts(fields []frame.Field) []Fact {
	out := make([]Fact, len(fields))
	for i, f := range fields {
		out[i] = Fact{safe(f.Name), safe(f.Value), headerNotes[strings.ToLower(f.Name)]}
	}
	return out
}

// headerNotes says what the header fields of a handshake are for.
var headerNotes = map[string]string{
	"upgrade":                  "the protocol to switch to",
	"connection":               "Upgrade applies to this connection only",
	"sec-websocket-key":        "random; the server must return its hash in Sec-WebSocket-Accept",
	"sec-websocket-accept":     "base64 of SHA-1 of key and GUID",
	"sec-websocket-version":    "13 is RFC 6455",
	"sec-websocket-protocol":   "subprotocols: offered by the client, one chosen by the server",
	"sec-websocket-extensions": "extensions: offered by the client, chosen by the server",
	"origin":                   "the page that opened the connection; the server should check it",
}

func extensionFacts(e frame.Extension) []Fact {
	out := []Fact{{safe(e.Name), "", e.Explanation}}
	for _, p := range e.Params {
		value := safe(p.Value)
		if !p.HasValue {
			value = "set"
		}
		out = append(out, Fact{safe(p.Name), value, p.Explanation})
	}
	return out
}

// CloseDetail is the Close tab.
type CloseDetail struct {
	Open        bool // nothing says yet that the connection ends
	Code        string
	Name        string
	Explanation string
	Reason      string
	Facts       []Fact
}

// closeDetail says how the selected close frame, or else the connection, ended.
func closeDetail(d *details) *CloseDetail {
	s := d.sel
	if s.rec.Kind == record.KindFrame && s.rec.Header.Opcode == frame.Close {
		code, reason, _ := frame.ParseClose(s.rec.Payload)
		out := closeWords(code, reason)
		out.Facts = []Fact{{"Close frame", s.rec.Dir.Arrow() + " " + sentBy(s.rec.Dir), ""}}
		return out
	}
	k := d.conns.byID[s.conn]
	if k == nil || k.State == Connecting || k.State == Open {
		return &CloseDetail{Open: true}
	}
	out := &CloseDetail{}
	if k.Code != 0 {
		out = closeWords(k.Code, k.Reason)
	}
	out.Facts = endFacts(k)
	return out
}

func closeWords(code uint16, reason string) *CloseDetail {
	name, explanation := frame.CloseCodeText(code)
	return &CloseDetail{Code: format.Uint(uint64(code)), Name: name, Explanation: explanation, Reason: safe(reason)}
}

func endFacts(k *Conn) []Fact {
	facts := []Fact{{"State", k.State.String(), ""}}
	if k.Code != 0 {
		facts = append(facts, Fact{"Closing handshake", closedWords(k), cleanNote(k.Clean)})
	}
	if k.Ended > 0 && k.Source != record.SourcePage {
		facts = append(facts, Fact{"TCP", safe(k.End), ""}, Fact{"Lasted", format.Duration(k.Ended - k.Opened), ""})
	}
	for d, words := range k.Broken {
		if words != "" {
			facts = append(facts, Fact{"Decoding " + record.Dir(d).String(), safe(words), "stopped: the next frame could not be found"})
		}
	}
	return facts
}

// closedWords says who began the closing handshake. A page does not know it.
func closedWords(k *Conn) string {
	if k.Source == record.SourcePage {
		return unknown
	}
	return rows.ClosedBy(k.By, true)
}

func cleanNote(clean bool) string {
	if clean {
		return "clean: both sides sent a close frame"
	}
	return "not clean: the other side's close frame is missing"
}
