package decode

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// sockJS reads SockJS frames: o, h, a[…], m…, c[code,"reason"], and from the client arrays of texts. A text in them is often
// a message of another protocol; it is shown as text.
type sockJS struct{}

func (sockJS) Name() string { return "SockJS" }

var sockJSFrames = map[byte]string{'o': "open", 'h': "heartbeat", 'a': "messages", 'm': "message", 'c': "close"}

func (sockJS) Guess(in *Input) Confidence {
	b := in.Payload
	if !in.Text || len(b) == 0 {
		return No
	}
	byPath := sockJSPath(in.Path)
	switch name := sockJSFrames[b[0]]; {
	case len(b) == 1 && (name == "open" || name == "heartbeat"):
		return Maybe + Confidence(boolean(byPath))
	case b[0] == '[' && byPath && len(b) > 1 && b[1] == '"':
		return Likely
	case len(b) > 2 && (b[0] == 'a' || b[0] == 'c') && b[1] == '[':
		if end, ok := jsonscan.Value(b, 1); ok && end == len(b) || in.cut() {
			return Likely + Confidence(boolean(byPath))
		}
	case byPath && b[0] == 'm':
		return Likely
	}
	return No
}

func boolean(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// sockJSPath reports whether a path ends as SockJS makes them: /server/session/websocket, the server in three digits.
func sockJSPath(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	n := len(parts)
	return n >= 3 && parts[n-1] == "websocket" && len(parts[n-3]) == 3 && strings.Trim(parts[n-3], "0123456789") == ""
}

func (sockJS) decode(in *Input, t *tree) error {
	b := in.Payload
	if len(b) == 0 {
		return fault(0, "an empty frame")
	}
	name, ok := sockJSFrames[b[0]]
	if !ok {
		t.summary = "send"
		err := t.jsonDocument(b, 0, "send")
		if len(t.lines) > 0 {
			if inside := t.sockJSInside(in, t.kids(0)); inside != "" {
				t.summary += " " + inside
			}
		}
		return err
	}
	t.summary = name
	t.add(0, "frame", name, Word, 0, 1)
	if len(b) == 1 {
		return nil
	}
	line := len(t.lines)
	err := t.jsonDocument(b, 1, "data")
	if line < len(t.lines) {
		kids := t.kids(line)
		if name == "messages" {
			t.summary = count(len(kids), "message")
		}
		if inside := t.sockJSInside(in, kids); inside != "" {
			t.summary += " " + inside
		} else if len(kids) > 0 && kids[0].Type != Group {
			t.summary += " " + kids[0].Value
		}
	}
	return err
}

// maxInside is how many of the messages in a frame are decoded.
const maxInside = 16

// sockJSInside decodes the messages in a frame, which other protocols sent, and returns the summary of the first. A frame with one
// message is paired as that is.
func (t *tree) sockJSInside(in *Input, kids []Line) (summary string) {
	for i, k := range kids[:min(len(kids), maxInside)] {
		if k.Type != String || k.From < 0 || k.To > len(in.Payload) {
			continue
		}
		inner := Input{Payload: jsonscan.Unquote(nil, in.Payload[k.From:k.To]), Text: true, In: in.In}
		v := best(inner, briefLines)
		if v.Decoder == "" || v.Decoder == (sockJS{}).Name() || v.Decoder == (jsonText{}).Name() || v.Confidence < Likely {
			continue
		}
		t.add(0, "message "+k.Key, v.Decoder+": "+v.Summary, Note, k.From, k.To)
		t.inside = true
		for _, l := range v.Lines {
			t.add(l.Depth+1, l.Key, l.Value, l.Type, 0, 0)
		}
		t.inside = false
		if i == 0 {
			summary = v.Decoder + " " + v.Summary
		}
		if len(kids) == 1 && v.Pair.Key != "" {
			t.pair = Pair{v.Pair.Role, v.Decoder + v.Pair.Key}
		}
	}
	return summary
}
