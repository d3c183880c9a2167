package decode

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// mqtt reads control packets of MQTT 3.1.1 and 5. Which of the two a connection speaks stands only in its CONNECT, so a
// packet of version 5 shows its properties as part of what follows them.
type mqtt struct{}

func (mqtt) Name() string { return "MQTT" }

var mqttPackets = [...]string{
	"reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
}

func (mqtt) Guess(in *Input) Confidence {
	b := in.Payload
	if len(b) == 0 || in.Text {
		return No
	}
	if strings.HasPrefix(in.Subprotocol, "mqtt") {
		return Sure
	}
	n, k := varint(b, 1)
	if b[0] == 0x10 && len(b) > 8 && k > 0 && n == uint64(len(b)-1-k) && string(b[1+k:1+k+6]) == "\x00\x04MQTT" {
		return Sure
	}
	return No
}

func (mqtt) decode(in *Input, t *tree) error {
	b := in.Payload
	n := 0
	for i := 0; i < len(b) && !t.full(); n++ {
		size, k := varint(b, i+1)
		if k == 0 && len(b)-i < 5 && allHigh(b[i+1:]) {
			return t.unfinished(mqttPackets[b[i]>>4], i, n)
		}
		if k == 0 || k > 4 {
			return fault(min(i+1, len(b)), "the remaining length is one to four bytes")
		}
		body := i + 1 + k
		if size > uint64(len(b)-body) {
			return t.unfinished(mqttPackets[b[i]>>4], i, n)
		}
		end := body + int(size)
		line := t.add(0, mqttPackets[b[i]>>4], "", Group, i, end)
		p := mqttPacket{b: b[:end], at: body, kind: b[i] >> 4, flags: b[i] & 15, t: t}
		p.read()
		t.end(line, count(int(size), "byte"), end)
		if n == 0 {
			t.summary, t.pair = p.summary, p.pair()
		}
		if p.short {
			return fault(end, "this "+mqttPackets[p.kind]+" is too short for its fields")
		}
		i = end
	}
	if n > 1 {
		t.summary += " and " + count(n-1, "more packet")
	}
	return nil
}

// unfinished writes the beginning of a packet that goes on in the next message, behind n others.
func (t *tree) unfinished(name string, from, n int) error {
	t.add(0, name, "goes on in the next message", Group, from, len(t.bytes))
	switch n {
	case 0:
		t.summary = name + " …"
	case 1:
		t.summary += " and " + name + " …"
	default:
		t.summary += " and " + count(n-1, "more packet") + " and " + name + " …"
	}
	return nil
}

// mqttPacket reads the fields of one packet.
type mqttPacket struct {
	b           []byte
	at          int
	kind, flags byte
	t           *tree
	id, summary string
	short       bool
}

// take returns the next n bytes.
func (p *mqttPacket) take(n int) []byte {
	if p.short = p.short || n > len(p.b)-p.at; p.short {
		return nil
	}
	p.at += n
	return p.b[p.at-n : p.at]
}

func (p *mqttPacket) number(name string, n int) int {
	v := 0
	for _, c := range p.take(n) {
		v = v<<8 | int(c)
	}
	if !p.short {
		p.t.add(1, name, strconv.Itoa(v), Number, p.at-n, p.at)
	}
	return v
}

// text reads a text with its length in two bytes before it.
func (p *mqttPacket) text(name string) string {
	from := p.at
	head := p.take(2)
	if p.short {
		return ""
	}
	s := text(p.take(int(binary.BigEndian.Uint16(head))))
	if !p.short {
		p.t.add(1, name, s, String, from, p.at)
	}
	return s
}

func (p *mqttPacket) packetID() {
	if id := p.number("packet id", 2); !p.short {
		p.id = strconv.Itoa(id)
	}
}

func (p *mqttPacket) read() {
	p.summary = mqttPackets[p.kind]
	switch p.kind {
	case 1:
		p.connect()
	case 2:
		p.number("session present", 1)
		p.summary += " code=" + strconv.Itoa(p.number("code", 1))
	case 3:
		p.publish()
	case 4, 5, 6, 7, 11:
		p.packetID()
	case 8, 10:
		p.packetID()
		p.summary += " " + p.text("topic")
		if p.kind == 8 && !p.short {
			p.number("options", 1)
		}
	case 9:
		p.packetID()
		p.summary += " code=" + strconv.Itoa(p.number("code", 1))
	}
	if p.id != "" {
		p.summary = with(p.summary, "id", p.id)
	}
	if !p.short && p.at < len(p.b) {
		p.rest()
	}
}

func (p *mqttPacket) rest() {
	if p.kind == 3 {
		p.t.content(p.b, p.at, len(p.b))
		return
	}
	p.t.add(1, "rest", hexOf(p.b[p.at:]), Bytes, p.at, len(p.b))
}

func (p *mqttPacket) connect() {
	p.text("protocol")
	version := p.number("version", 1)
	p.number("flags", 1)
	p.number("keep alive", 2)
	if version < 5 {
		p.summary = with(p.summary, "client", p.text("client id"))
	}
	p.summary = with(p.summary, "version", map[int]string{3: "3.1", 4: "3.1.1", 5: "5"}[version])
}

func (p *mqttPacket) publish() {
	p.summary += " " + p.text("topic")
	if qos := p.flags >> 1 & 3; qos > 0 {
		p.packetID()
		p.summary += " qos=" + strconv.Itoa(int(qos))
	}
	if p.flags&1 == 1 {
		p.summary += " retained"
	}
}

// pair matches the packets of one exchange; a packet id belongs to the side that chose it, and each kind of exchange has
// its own.
func (p *mqttPacket) pair() Pair {
	if p.short {
		return Pair{}
	}
	switch p.kind {
	case 1:
		return Pair{Request, "connect"}
	case 2:
		return Pair{Response, "connect"}
	case 3:
		if p.id != "" {
			return Pair{Request, "publish " + p.id}
		}
	case 4, 5:
		return Pair{Response, "publish " + p.id}
	case 6:
		return Pair{Request, "release " + p.id}
	case 7:
		return Pair{Response, "release " + p.id}
	case 8, 10:
		return Pair{Request, "subscribe " + p.id}
	case 9, 11:
		return Pair{Response, "subscribe " + p.id}
	case 12:
		return Pair{Request, "ping"}
	case 13:
		return Pair{Response, "ping"}
	}
	return Pair{}
}
