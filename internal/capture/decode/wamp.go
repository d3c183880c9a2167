package decode

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// wamp reads the Web Application Messaging Protocol, version 2, in JSON, MessagePack and CBOR: arrays that start with the
// number of the message's kind.
type wamp struct{}

func (wamp) Name() string { return "WAMP" }

// wampKind is a kind of message: its name, where its topic or procedure stands, and what it answers.
type wampKind struct {
	name    string
	subject int // index of the element; 0 for none
	answers int // the kind that it answers; its own number for a kind that is answered
}

// wampKinds are the kinds of the protocol's table "Message Codes".
var wampKinds = map[int]wampKind{
	1: {"HELLO", 1, 1}, 2: {"WELCOME", 0, 1}, 3: {"ABORT", 2, 1}, 4: {"CHALLENGE", 1, 0}, 5: {"AUTHENTICATE", 0, 0}, 6: {"GOODBYE", 2, 0}, 8: {"ERROR", 4, 0},
	16: {"PUBLISH", 3, 16}, 17: {"PUBLISHED", 0, 16}, 32: {"SUBSCRIBE", 3, 32}, 33: {"SUBSCRIBED", 0, 32}, 34: {"UNSUBSCRIBE", 0, 34}, 35: {"UNSUBSCRIBED", 0, 34},
	36: {"EVENT", 0, 0}, 48: {"CALL", 3, 48}, 49: {"CANCEL", 0, 0}, 50: {"RESULT", 0, 48}, 64: {"REGISTER", 3, 64}, 65: {"REGISTERED", 0, 64},
	66: {"UNREGISTER", 0, 66}, 67: {"UNREGISTERED", 0, 66}, 68: {"INVOCATION", 0, 68}, 69: {"INTERRUPT", 0, 0}, 70: {"YIELD", 0, 68},
}

func (wamp) Guess(in *Input) Confidence {
	if strings.HasPrefix(in.Subprotocol, "wamp.2.") {
		return Sure
	}
	b := in.Payload
	c := jsonscan.Members(b, jsonscan.Space(b, 0))
	if !in.Text || !c.Next() || c.Member().Name != nil {
		return No
	}
	code, err := strconv.Atoi(value{b, c.Member().Start, c.Member().End}.plain())
	if k, known := wampKinds[code]; err == nil && known && k.subject == 3 && c.Next() && c.Next() && b[c.Member().Start] == '{' && c.Next() && b[c.Member().Start] == '"' {
		return Likely
	}
	return No
}

func (wamp) decode(in *Input, t *tree) error {
	var err error
	line := len(t.lines)
	switch {
	case strings.Contains(in.Subprotocol, "msgpack"):
		_, err = t.binary(binscan.MessagePack, in.Payload, 0, 0, "")
	case strings.Contains(in.Subprotocol, "cbor"):
		_, err = t.binary(binscan.CBOR, in.Payload, 0, 0, "")
	default:
		err = t.jsonDocument(in.Payload, jsonscan.Space(in.Payload, 0), "")
	}
	if line >= len(t.lines) {
		return err
	}
	kids := t.kids(line)
	if len(kids) == 0 {
		return err
	}
	code, _ := strconv.Atoi(kids[0].Value)
	k, known := wampKinds[code]
	if !known {
		t.summary = "kind " + kids[0].Value
		return err
	}
	t.rename(line, k.name)
	t.summary, t.pair = k.read(code, kids)
	return err
}

func (k wampKind) read(code int, kids []Line) (string, Pair) {
	at := func(i int) string {
		if i < len(kids) && kids[i].Type != Group {
			return kids[i].Value
		}
		return ""
	}
	summary := k.name
	if k.subject > 0 {
		summary += " " + at(k.subject)
	}
	switch {
	case code == 8: // [ERROR, kind of the request, its id, details, error]
		return with(summary, "request", at(2)), Pair{Response, at(1) + ":" + at(2)}
	case k.answers == 1 && code == 1:
		return summary, Pair{Request, "session"}
	case k.answers == 1:
		return summary, Pair{Response, "session"}
	case k.answers == code:
		return with(summary, "request", at(1)), Pair{Request, strconv.Itoa(code) + ":" + at(1)}
	case k.answers > 0:
		return with(summary, "request", at(1)), Pair{Response, strconv.Itoa(k.answers) + ":" + at(1)}
	}
	return summary, Pair{}
}
