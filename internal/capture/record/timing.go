package record

import (
	"encoding/binary"
	"time"
)

// Reached is how a proxy reached its target for a connection: the times of the steps towards the server. A step that was not
// needed, or did not complete, has 0.
type Reached struct {
	Address  string        // host:port that the proxy connected to; empty when none accepted
	Lookup   time.Duration // of the target's name
	Connect  time.Duration // TCP
	TLS      time.Duration
	Response time.Duration // response time: from the end of the sent request to the head of its response
}

// Transit is the proxy delay of a part of a direction: the time from the arrival of its last byte from one side until it was
// written to the other. A frame's delay is that of the part that has its last byte.
type Transit struct {
	From, To uint64 // the bytes From ≤ offset < To of the direction, counted like [Record.Offset]
	Delay    time.Duration
}

// timed is the bit, in the byte of side and direction, that says that times stand at the end of a request or response: older readers, which do
// not look there, read the rest.
const timed = 1 << 2

// hasTimes reports whether times stand at the end of r.
func (r *Record) hasTimes() bool {
	return r.Kind == KindRequest && r.Waited != 0 || r.Kind == KindResponse && r.Reached != Reached{}
}

func appendTimes(dst []byte, r *Record) []byte {
	if r.Kind == KindRequest {
		return binary.AppendUvarint(dst, uint64(r.Waited))
	}
	dst = appendString(dst, r.Reached.Address)
	for _, d := range [...]time.Duration{r.Reached.Lookup, r.Reached.Connect, r.Reached.TLS, r.Reached.Response} {
		dst = binary.AppendUvarint(dst, uint64(d))
	}
	return dst
}

func (r *reader) times(rec *Record) {
	switch rec.Kind { //nolint:exhaustive // no other kind has any
	case KindRequest:
		rec.Waited = r.duration()
	case KindResponse:
		rec.Reached = Reached{string(r.bytes()), r.duration(), r.duration(), r.duration(), r.duration()}
	}
}

func (r *reader) duration() time.Duration { return time.Duration(r.uvarint()) }

// appendTransits writes each part as its distance from the one before, which is 0 for bytes that pass in order.
func appendTransits(dst []byte, list []Transit) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	var at uint64
	for _, p := range list {
		dst = binary.AppendVarint(dst, int64(p.From-at))
		dst = binary.AppendUvarint(dst, p.To-p.From)
		dst = binary.AppendUvarint(dst, uint64(p.Delay))
		at = p.To
	}
	return dst
}

// minTransit is how many bytes a part has at least: the declared number of parts must fit into the batch.
const minTransit = 3

func (r *reader) transits() []Transit {
	n := r.uvarint()
	if n > uint64(len(r.rest())/minTransit) {
		r.bad = true
	}
	if r.bad || n == 0 {
		return nil
	}
	list := make([]Transit, n)
	var at uint64
	for i := range list {
		p := &list[i]
		p.From = at + uint64(r.varint())
		p.To = p.From + r.uvarint()
		p.Delay = r.duration()
		at = p.To
	}
	return list
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest())
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}
