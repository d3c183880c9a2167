package model

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// HandshakeDetail is the Handshake tab.
type HandshakeDetail struct {
	Missing      bool // the panel never saw the handshake
	Page         bool // a page told of the connection: no page sees a handshake
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

func (m *Model) handshakeDetail() *HandshakeDetail {
	k := m.conns.byID[m.detail.conn]
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
	out.Legs = k.legFacts()
	for _, e := range h.Extensions {
		out.Extensions = append(out.Extensions, extensionFacts(e)...)
	}
	for _, p := range h.Problems {
		out.Problems = append(out.Problems, preview([]byte(p), 400))
	}
	return out
}

func safe(s string) string { return preview([]byte(s), 4096) }

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
	"upgrade":                  "asks to change the protocol, and confirms it",
	"connection":               "the change concerns this connection only",
	"sec-websocket-key":        "random; the server proves with it that it understood",
	"sec-websocket-accept":     "the key, hashed together with a fixed GUID",
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
func (m *Model) closeDetail() *CloseDetail {
	d := &m.detail
	if d.rec.Kind == record.KindFrame && d.rec.Header.Opcode == frame.Close {
		code, reason, _ := frame.ParseClose(d.rec.Payload)
		out := closeWords(code, reason)
		out.Facts = []Fact{{"Close frame", arrow(d.rec.Dir) + " " + sentBy(d.rec.Dir), ""}}
		return out
	}
	k := m.conns.byID[d.conn]
	if k == nil || k.State == Connecting || k.State == Open {
		return &CloseDetail{Open: true}
	}
	out := &CloseDetail{}
	if k.Code != 0 {
		out = closeWords(k.Code, k.Reason)
	}
	out.Facts = k.endFacts()
	return out
}

func closeWords(code uint16, reason string) *CloseDetail {
	name, explanation := frame.CloseCodeText(code)
	return &CloseDetail{Code: utoa(uint64(code)), Name: name, Explanation: explanation, Reason: safe(reason)}
}

func (k *Conn) endFacts() []Fact {
	facts := []Fact{{"State", k.State.String(), ""}}
	if k.Code != 0 {
		facts = append(facts, Fact{"Closing handshake", k.closedWords(), cleanNote(k.Clean)})
	}
	if k.Ended > 0 && k.Source != record.SourcePage {
		facts = append(facts, Fact{"TCP", safe(k.End), ""}, Fact{"Lasted", Duration(k.Ended - k.Opened), ""})
	}
	for d, words := range k.Broken {
		if words != "" {
			facts = append(facts, Fact{"Decoding " + record.Dir(d).String(), safe(words), "stopped: the next frame could not be found"})
		}
	}
	return facts
}

// closedWords says who began the closing handshake. A page is not told.
func (k *Conn) closedWords() string {
	if k.Source == record.SourcePage {
		return unknown
	}
	return closedBy(k.By, true)
}

func cleanNote(clean bool) string {
	if clean {
		return "clean: both sides sent a close frame"
	}
	return "not clean: the other side's close frame is missing"
}
