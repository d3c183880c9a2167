package decode

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// Engine.IO sends several packets together: version 4 with a record separator between them, version 3 with the length of each
// in UTF-16 code units and a colon before it. Long polling does that, and gateways that pass its bodies on through a WebSocket.

// engineSeparator stands between packets of Engine.IO 4.
const engineSeparator = 0x1e

// part is a part of a payload.
type part struct{ from, to int }

// engineBatch returns the packets of a batch; nil when b is a single packet, or none.
func engineBatch(b []byte) []part {
	if list := engineLengths(b); list != nil {
		return list
	}
	if bytes.IndexByte(b, engineSeparator) < 0 {
		return nil
	}
	var list []part
	for from := 0; from <= len(b); {
		to := len(b)
		if k := bytes.IndexByte(b[from:], engineSeparator); k >= 0 {
			to = from + k
		}
		if from == to || !isEnginePacket(b[from]) {
			return nil
		}
		list = append(list, part{from, to})
		from = to + 1
	}
	return list
}

// isEnginePacket reports whether a packet of Engine.IO may begin with a byte: its type, or b for one in base64.
func isEnginePacket(c byte) bool { return c >= '0' && c <= '6' || c == 'b' }

// engineLengths returns the packets of a batch of Engine.IO 3, nil when b is none: its lengths must fit to the end.
func engineLengths(b []byte) (list []part) {
	for i := 0; i < len(b); {
		k := digits(b, i)
		if k == i || k >= len(b) || b[k] != ':' || k-i > 8 {
			return nil
		}
		n, _ := strconv.Atoi(string(b[i:k])) // they are digits
		from := k + 1
		to := utf16End(b, from, n)
		if to < 0 || n == 0 || !isEnginePacket(b[from]) {
			return nil
		}
		list = append(list, part{from, to})
		i = to
	}
	return list
}

// utf16End returns where n code units of UTF-16 end that begin at i, -1 when there are fewer or n ends inside a character.
func utf16End(b []byte, i, n int) int {
	for n > 0 && i < len(b) {
		r, size := utf8.DecodeRune(b[i:])
		if n--; r > 0xFFFF {
			n--
		}
		i += size
	}
	if n != 0 {
		return -1
	}
	return i
}

// engineBatch writes the packets of a batch. It is paired as the only message in it that has a pair.
func (t *tree) engineBatch(in *Input, list []part) error {
	var pairs []Pair
	first := ""
	for n, p := range list {
		if t.full() {
			break
		}
		one := *in
		one.Payload, one.Length = in.Payload[p.from:p.to], 0
		v := run(socketIO{}, one, briefLines)
		t.add(0, "packet "+strconv.Itoa(n+1), v.Summary, Group, p.from, p.to)
		for _, l := range v.Lines {
			t.add(l.Depth+1, l.Key, l.Value, l.Type, p.from+max(l.From, 0), p.from+max(l.To, 0))
		}
		if n == 0 {
			first = v.Summary
		}
		if v.Pair.Role != None && v.Pair.Key != "ping" {
			pairs = append(pairs, v.Pair)
		}
		if v.Err != nil {
			return fault(p.from+v.Err.Offset, v.Err.Message)
		}
	}
	t.summary = count(len(list), "packet") + ": " + first
	if len(pairs) == 1 {
		t.pair = pairs[0]
	}
	return nil
}

// engineBase64 writes a binary message that Engine.IO 4 sends as text.
func (t *tree) engineBase64(b []byte) {
	t.summary = "attachment in base64, " + count(len(b)-1, "byte")
	t.add(0, "Engine.IO", "message", Word, 0, 1)
	t.add(0, "attachment", text(b[1:]), String, 1, len(b))
}
