package decode

import (
	"strings"

	"github.com/tetherscope/tetherscope/panel/model/jsonscan"
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
		return t.jsonDocument(b, 0, "send")
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
		if len(kids) > 0 && kids[0].Type != Group {
			t.summary += " " + kids[0].Value
		}
	}
	return err
}
