package decode

import (
	"bytes"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// phoenix reads the channels of the Phoenix framework: arrays of five in its serializer 2, objects in 1.
type phoenix struct{}

func (phoenix) Name() string { return "Phoenix" }

// phoenixMessage is what both forms have.
type phoenixMessage struct{ join, ref, topic, event, status string }

func (phoenix) Guess(in *Input) Confidence {
	m, ok := readPhoenix(in.Payload)
	switch {
	case !ok || m.topic == "" || m.event == "":
		return No
	case strings.Contains(in.Path, "vsn="):
		return Sure
	}
	return Likely
}

func readPhoenix(b []byte) (m phoenixMessage, ok bool) {
	if o, is := objectAt(b); is {
		m = phoenixMessage{o.get("join_ref").plain(), o.get("ref").plain(), o.get("topic").plain(), o.get("event").plain(), o.get("payload").object().get("status").plain()}
		return m, o.has("payload") && o.has("ref")
	}
	i := jsonscan.Space(b, 0)
	c := jsonscan.Members(b, i)
	for _, to := range []*string{&m.join, &m.ref, &m.topic, &m.event} {
		if !c.Next() {
			return m, false
		}
		raw := value{b, c.Member().Start, c.Member().End}
		if *to = raw.plain(); *to == "" && string(raw.raw()) != "null" {
			return m, false
		}
	}
	if !c.Next() || b[c.Member().Start] != '{' {
		return m, false
	}
	m.status = object{b, c.Member().Start}.get("status").plain()
	return m, !c.Next()
}

func (phoenix) decode(in *Input, t *tree) error {
	m, _ := readPhoenix(in.Payload)
	t.summary = with(with(m.event+" "+m.topic, "ref", m.ref), "status", m.status)
	if m.ref != "" {
		t.pair = Pair{Request, m.ref}
		if m.event == "phx_reply" {
			t.pair.Role = Response
		}
	}
	line := len(t.lines)
	err := t.jsonDocument(in.Payload, jsonscan.Space(in.Payload, 0), "")
	if bytes.HasPrefix(bytes.TrimLeft(in.Payload, " \t\r\n"), []byte{'['}) && line < len(t.lines) {
		t.rename(line, "join_ref", "ref", "topic", "event", "payload")
	}
	return err
}

// rename gives the lines right below a line the names that the protocol has for their places.
func (t *tree) rename(line int, names ...string) {
	k := 0
	for i := line + 1; i < len(t.lines) && k < len(names) && t.lines[i].Depth > t.lines[line].Depth; i++ {
		if t.lines[i].Depth == t.lines[line].Depth+1 {
			t.lines[i].Key = names[k]
			k++
		}
	}
}
