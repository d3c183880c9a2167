package wire

import (
	"encoding/binary"
	"math"
)

func (l *Load) append(b []byte) []byte {
	b = appendBytes(b, l.Name)
	b = appendBytes(b, l.Source)
	b = binary.AppendUvarint(b, l.Steps)
	b = binary.AppendUvarint(b, l.Memory)
	return appendBool(b, l.Hard)
}

func (r *reader) load() *Load {
	return &Load{Name: string(r.bytes()), Source: r.bytes(), Steps: r.number(), Memory: r.number(), Hard: r.bool()}
}

func (m *Message) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(m.Conn))
	b = appendBool(b, m.Out)
	b = binary.AppendUvarint(b, m.Number)
	b = appendBool(b, m.Text)
	b = appendBytes(b, m.Payload)
	b = appendBytes(b, m.Path)
	b = appendBytes(b, m.Host)
	return appendBytes(b, m.Target)
}

func (r *reader) message() *Message {
	return &Message{
		Conn: uint32(r.upTo(math.MaxUint32)), Out: r.bool(), Number: r.number(), Text: r.bool(), Payload: r.bytes(),
		Path: string(r.bytes()), Host: string(r.bytes()), Target: string(r.bytes()),
	}
}

func (p *Reply) append(b []byte) []byte {
	b = appendBytes(b, p.Error)
	b = appendTexts(b, p.Prints)
	b = binary.AppendUvarint(b, p.Unshown)
	b = appendBool(b, p.Changed)
	b = binary.AppendUvarint(b, uint64(len(p.Messages)))
	for _, m := range p.Messages {
		b = appendBool(b, m.Text)
		b = appendBytes(b, m.Payload)
	}
	b = appendTexts(b, p.Answers)
	b = appendBool(b, p.Closes)
	b = binary.AppendUvarint(b, uint64(p.Code))
	return appendBytes(b, p.Reason)
}

func (r *reader) reply() *Reply {
	p := &Reply{Error: string(r.bytes()), Prints: r.texts(), Unshown: r.number(), Changed: r.bool()}
	for range r.upTo(MaxMessages) {
		p.Messages = append(p.Messages, Part{r.bool(), r.bytes()})
	}
	p.Answers, p.Closes, p.Code, p.Reason = r.texts(), r.bool(), uint16(r.upTo(math.MaxUint16)), string(r.bytes())
	return p
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendBytes(b, s)
	}
	return b
}

// reader reads fields. After the first that is wrong all are empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || r.bad {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// upTo reads a number that is not larger than most.
func (r *reader) upTo(most uint64) uint64 {
	v := r.number()
	if v > most {
		r.bad = true
		return 0
	}
	return v
}

func (r *reader) bool() bool { return r.upTo(1) == 1 }

// bytes reads a part of the frame, which it shares.
func (r *reader) bytes() []byte {
	n := r.number()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) texts() (list []string) {
	for range r.upTo(MaxMessages) {
		list = append(list, string(r.bytes()))
	}
	return list
}
