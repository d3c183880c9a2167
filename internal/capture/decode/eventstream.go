package decode

import (
	"bytes"
	"strings"
)

// eventStream reads text/event-stream, as it is sent through a WebSocket by gateways and by GraphQL over SSE: fields in lines, and
// an empty line behind each event. Events may be spread over messages.
type eventStream struct{}

func (eventStream) Name() string { return "Event stream" }

var eventFields = []string{"event", "data", "id", "retry"}

func (eventStream) Guess(in *Input) Confidence {
	b := in.Payload
	switch {
	case strings.Contains(in.Subprotocol, "event-stream"):
		return Sure
	case !in.Text || !bytes.Contains(b, []byte("\n")):
		return No
	}
	named := 0
	for len(b) > 0 {
		end := lineEnd(b, 0)
		name, _, colon := strings.Cut(strings.TrimSuffix(text(b[:end]), "\r"), ":")
		switch {
		case name == "" && (colon || end <= 1): // a comment, or the end of an event
		case colon && isEventField(name):
			named++
		default:
			return No
		}
		b = b[min(end+1, len(b)):]
	}
	if named == 0 {
		return No
	}
	return Likely
}

func isEventField(name string) bool {
	for _, f := range eventFields {
		if f == name {
			return true
		}
	}
	return false
}

// whole implements [streamed]: an event ends behind its empty line.
func (eventStream) whole(b []byte) (end int, ok bool) {
	for i := 0; i < len(b); {
		k := lineEnd(b, i)
		if k == len(b) {
			break
		}
		if len(bytes.TrimSuffix(b[i:k], []byte("\r"))) == 0 {
			end = k + 1
		}
		i = k + 1
	}
	return end, true
}

func (eventStream) decode(in *Input, t *tree) error {
	b, n, i := in.Payload, 0, 0
	for i < len(b) && !t.full() {
		end := eventEnd(b, i)
		if len(bytes.TrimSpace(b[i:end])) > 0 {
			name, inside := t.event(b, i, end)
			if n++; n == 1 {
				t.summary = name + inside
			}
			if name == "" {
				n--
			}
		}
		i = end
	}
	switch n {
	case 0:
		if t.summary = "keep-alive"; len(t.lines) == 0 {
			t.add(0, "keep-alive", count(len(b), "byte"), Note, 0, len(b))
		}
	case 1:
	default:
		t.summary += " and " + count(n-1, "more event")
	}
	return nil
}

// eventEnd returns the end of the event at i: behind its empty line, or the end of b.
func eventEnd(b []byte, i int) int {
	for some := false; i < len(b); {
		k := lineEnd(b, i)
		empty := len(bytes.TrimSuffix(b[i:k], []byte("\r"))) == 0
		i = min(k+1, len(b))
		if empty && some {
			return i
		}
		some = some || !empty
	}
	return len(b)
}

// event writes the event from i to end, and returns its name, "" for a comment alone, and what a decoder makes of its data.
func (t *tree) event(b []byte, i, end int) (name, inside string) {
	line, lines := t.add(0, "event", "", Group, i, end), 0
	var data []byte
	from := i
	for i < end {
		k := min(lineEnd(b, i), end)
		field, v, _ := bytes.Cut(bytes.TrimSuffix(b[i:k], []byte("\r")), []byte(":"))
		v = bytes.TrimPrefix(v, []byte(" "))
		switch {
		case k == i || len(bytes.TrimSpace(b[i:k])) == 0:
		case len(field) == 0:
			t.add(1, "comment", text(v), Note, i, k)
		case string(field) == "data":
			if lines++; lines > 1 {
				data = append(data, '\n')
			}
			data, from = append(data, v...), i
			t.add(1, "data", text(v), String, i, k)
		default:
			if string(field) == "event" {
				name = text(v)
			}
			t.add(1, text(field), text(v), String, i, k)
		}
		i = k + 1
	}
	if name == "" && lines > 0 {
		name = "message"
	}
	t.end(line, name, end)
	if lines == 0 {
		return name, ""
	}
	return name, t.eventData(data, from, end)
}

// eventData writes what the data of an event is, when that is more than text.
func (t *tree) eventData(data []byte, from, to int) (summary string) {
	v := best(Input{Payload: data, Text: true}, briefLines)
	if v.Decoder == "" || v.Confidence < Likely || v.Decoder == (eventStream{}).Name() {
		return ""
	}
	t.add(1, v.Decoder, v.Summary, Note, from, to)
	t.inside = true
	for _, l := range v.Lines {
		t.add(l.Depth+2, l.Key, l.Value, l.Type, 0, 0)
	}
	t.inside = false
	return " " + v.Summary
}
