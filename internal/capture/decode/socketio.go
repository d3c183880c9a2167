package decode

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/jsonscan"
)

// socketIO reads Engine.IO 3 and 4 and the Socket.IO packets in it: "42/chat,7["message","hi"]".
type socketIO struct{}

func (socketIO) Name() string { return "Socket.IO" }

var (
	enginePackets = [...]string{"open", "close", "ping", "pong", "message", "upgrade", "noop"}
	socketPackets = [...]string{"CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR", "BINARY_EVENT", "BINARY_ACK"}
)

func (socketIO) Guess(in *Input) Confidence {
	b := in.Payload
	byPath := strings.Contains(in.Path, "EIO=") && strings.Contains(in.Path, "transport=")
	switch {
	case !in.Text:
		if byPath && len(b) > 0 {
			return Likely
		}
		return No
	case byPath && len(engineBatch(b)) > 0:
		return Sure
	case len(b) == 0 || !isEnginePacket(b[0]):
		return No
	case byPath:
		return Sure
	case b[0] == 'b':
		return No
	case b[0] == '0':
		if o, ok := objectAt(b[1:]); ok && o.has("sid") {
			return Likely
		}
	case len(engineBatch(b)) > 1:
		return Likely
	case b[0] == '4' && len(b) > 1:
		if p := socketPacket(b); p.data < len(b) && (b[p.data] == '[' || b[p.data] == '{') && p.kind >= 0 {
			return Likely
		}
	}
	return No
}

// packet is a Socket.IO packet taken apart; the numbers are places in the payload.
type packet struct {
	kind                         int
	attachments, space, id, data int
}

// socketPacket takes the packet behind the 4 apart.
func socketPacket(b []byte) packet {
	p := packet{kind: -1, data: len(b)}
	if len(b) < 2 || b[1] < '0' || b[1] > '6' {
		return p
	}
	p.kind, p.attachments = int(b[1]-'0'), 2
	p.space = 2
	if k := digits(b, 2); k > 2 && k < len(b) && b[k] == '-' {
		p.space = k + 1
	}
	p.id = p.space
	if p.space < len(b) && b[p.space] == '/' {
		for p.id < len(b) && b[p.id] != ',' {
			p.id++
		}
		p.id = min(p.id+1, len(b))
	}
	p.data = digits(b, p.id)
	return p
}

// digits returns the end of the digits that start at i.
func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func (socketIO) decode(in *Input, t *tree) error {
	b := in.Payload
	if !in.Text {
		t.summary = "attachment, " + count(len(b), "byte")
		t.add(0, "attachment", hexOf(b), Bytes, 0, len(b))
		return nil
	}
	if list := engineBatch(b); len(list) > 0 {
		return t.engineBatch(in, list)
	}
	if len(b) == 0 || !isEnginePacket(b[0]) {
		return fault(0, "an Engine.IO packet starts with a digit from 0 to 6, or with b")
	}
	if b[0] == 'b' {
		t.engineBase64(b)
		return nil
	}
	name := enginePackets[b[0]-'0']
	t.summary = "Engine.IO " + name
	t.add(0, "Engine.IO", name, Word, 0, 1)
	switch name {
	case "ping":
		t.pair = Pair{Request, "ping"}
	case "pong":
		t.pair = Pair{Response, "ping"}
	case "message":
		if len(b) > 1 {
			return socketDecode(in, t)
		}
	}
	switch {
	case len(b) > 1 && b[1] == '{':
		return t.jsonDocument(b, 1, "data")
	case len(b) > 1:
		t.add(0, "data", text(b[1:]), String, 1, len(b))
	}
	return nil
}

func socketDecode(in *Input, t *tree) error {
	b := in.Payload
	p := socketPacket(b)
	if p.kind < 0 {
		t.add(0, "data", text(b[1:]), String, 1, len(b))
		return nil
	}
	name := socketPackets[p.kind]
	t.add(0, "Socket.IO", name, Word, 1, 2)
	if p.space > p.attachments {
		t.add(0, "attachments", text(b[p.attachments:p.space-1]), Number, p.attachments, p.space-1)
	}
	space := "/"
	if p.id > p.space {
		space = strings.TrimSuffix(text(b[p.space:p.id]), ",")
		t.add(0, "namespace", space, String, p.space, p.id)
	}
	id := text(b[p.id:p.data])
	t.summary = name
	if event := eventName(b, p.data); event != "" && (name == "EVENT" || name == "BINARY_EVENT") {
		t.summary += " " + event
	}
	if space != "/" {
		t.summary += " in " + space
	}
	if id != "" {
		t.add(0, "acknowledgement", id, Number, p.id, p.data)
		t.summary = with(t.summary, "ack", id)
	}
	t.pair = socketPair(p.kind, space, id, in.In)
	if p.data >= len(b) {
		return nil
	}
	return t.jsonDocument(b, p.data, "data")
}

// eventName returns the first element of an event's array.
func eventName(b []byte, i int) string {
	c := jsonscan.Members(b, i)
	if !c.Next() {
		return ""
	}
	m := c.Member()
	return value{b, m.Start, m.End}.plain()
}

func socketPair(kind int, space, id string, in bool) Pair {
	switch {
	case kind == 0 && in:
		return Pair{Response, "connect " + space}
	case kind == 0:
		return Pair{Request, "connect " + space}
	case id == "":
		return Pair{}
	case kind == 2 || kind == 5:
		return Pair{Request, space + "#" + id}
	case kind == 3 || kind == 6:
		return Pair{Response, space + "#" + id}
	}
	return Pair{}
}
