package decode

import (
	"bytes"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// signalR reads the hub protocol of ASP.NET Core SignalR: JSON objects that each end in 0x1E, and MessagePack arrays with
// their length before them.
type signalR struct{}

func (signalR) Name() string { return "SignalR" }

const recordEnd = 0x1E

var signalRTypes = [...]string{"handshake", "Invocation", "StreamItem", "Completion", "StreamInvocation", "CancelInvocation", "Ping", "Close", "Ack", "Sequence"}

func (signalR) Guess(in *Input) Confidence {
	b := in.Payload
	if _, ok := objectAt(b); ok && bytes.IndexByte(b, recordEnd) >= 0 {
		if b[len(b)-1] == recordEnd {
			return Sure
		}
		return Maybe
	}
	if body, size, ok := signalRBinary(b, 0); ok && !in.Text && body+size <= len(b) && b[body] >= 0x91 && b[body] <= 0x96 && b[body+1] >= 1 && b[body+1] <= 9 {
		if end, err := new(tree).binary(binscan.MessagePack, b[:body+size], body, 0, ""); err == nil && end == body+size {
			return Likely
		}
	}
	return No
}

// signalRBinary returns where the message starts whose length stands at i, and its length.
func signalRBinary(b []byte, i int) (body, size int, ok bool) {
	n, k := varint(b, i)
	if k == 0 || n > uint64(len(b)) || n < 2 {
		return 0, 0, false
	}
	return i + k, int(n), true
}

func (signalR) decode(in *Input, t *tree) error {
	b := in.Payload
	if _, ok := objectAt(b); ok {
		return signalRJSON(b, t)
	}
	for i := 0; i < len(b); {
		body, size, ok := signalRBinary(b, i)
		if !ok || body+size > len(b) {
			return fault(i, "the length before this message is more than there is")
		}
		line := len(t.lines)
		if _, err := t.binary(binscan.MessagePack, b[:body+size], body, 0, "message"); err != nil {
			return err
		}
		if i == 0 && line < len(t.lines) {
			signalRFields(t, line)
		}
		i = body + size
	}
	return nil
}

// signalRFields names the elements of a message in MessagePack: type, headers, invocation, target or result.
func signalRFields(t *tree, line int) {
	kids := t.kids(line)
	at := func(i int) string {
		if i < len(kids) && kids[i].Type != Group && kids[i].Value != "nil" {
			return kids[i].Value
		}
		return ""
	}
	name := ""
	for i, s := range signalRTypes {
		if i > 0 && at(0) == string(rune('0'+i)) {
			name = s
		}
	}
	t.summary, t.pair = signalRSummary(name, at(2), at(3))
}

func signalRSummary(name, id, target string) (string, Pair) {
	summary := name
	switch name {
	case "Invocation", "StreamInvocation":
		if summary += " " + target; id != "" {
			return with(summary, "id", id), Pair{Request, id}
		}
		return summary, Pair{}
	case "Completion", "StreamItem":
		return with(summary, "id", id), Pair{Response, id}
	case "CancelInvocation":
		return with(summary, "id", id), Pair{}
	}
	return summary, Pair{}
}

func signalRJSON(b []byte, t *tree) error {
	n := 0
	for i := 0; i < len(b) && !t.full(); n++ {
		k := bytes.IndexByte(b[i:], recordEnd)
		if k < 0 {
			return fault(len(b), "the record separator 0x1E is expected at the end of a message")
		}
		o := object{b[:i+k], jsonscan.Space(b, i)}
		if n == 0 {
			t.summary, t.pair = signalRMessage(o)
		}
		if err := t.jsonDocument(b[:i+k], i, "message"); err != nil {
			return err
		}
		i += k + 1
	}
	if n > 1 {
		t.summary = strings.TrimSpace(t.summary) + " and " + count(n-1, "more message")
	}
	return nil
}

func signalRMessage(o object) (string, Pair) {
	kind := o.get("type").plain()
	switch {
	case kind == "" && o.has("protocol"):
		return with("handshake", "protocol", o.get("protocol").plain()), Pair{Request, "handshake"}
	case kind == "":
		return with("handshake answer", "error", o.get("error").plain()), Pair{Response, "handshake"}
	case len(kind) > 1 || kind[0] < '1' || kind[0] > '9':
		return "type " + kind, Pair{}
	}
	return signalRSummary(signalRTypes[kind[0]-'0'], o.get("invocationId").plain(), o.get("target").plain())
}
