package model

import "github.com/tetherscope/tetherscope/internal/frame"

// Field is one field of the frame header (RFC 6455 §5.2), or its payload. Keys: fin rsv1 rsv2 rsv3 opcode mask len ext
// key payload.
type Field struct {
	Key   string
	Label string // as in the RFC's diagram
	Bits  string // the bits, of the fields that are shorter than a byte; else empty
	Value string
	Note  string
	Wrong bool
}

// Cell is a part of a field that lies in one line of 32 bits of the diagram.
type Cell struct {
	Field int // index in Fields
	Col   int // first bit, 0–31
	Span  int // bits, 1–32
	First bool
}

// cells lays the fields out on lines of 32 bits as the RFC's diagram does. The payload takes the rest of its first line
// and, when it is longer, one more.
func cells(fields []Field, h frame.Header) []Cell {
	var out []Cell
	at := 0
	for n, f := range fields {
		for left, first := fieldBits(f.Key, h, at), true; left > 0; first = false {
			span := min(left, 32-at%32)
			out = append(out, Cell{n, at % 32, span, first})
			at += span
			left -= span
		}
	}
	return out
}

func fieldBits(key string, h frame.Header, at int) int {
	switch key {
	case "opcode":
		return 4
	case "len":
		return 7
	case "key":
		return 32
	case "ext":
		if h.Masked {
			return 8 * (int(h.Size) - 6)
		}
		return 8 * (int(h.Size) - 2)
	case "payload":
		return payloadBits(h.Length, 32-at%32)
	}
	return 1
}

// payloadBits returns how many bits the diagram gives the payload when rest are left on the line.
func payloadBits(length uint64, rest int) int {
	switch {
	case length == 0:
		return 0
	case length*8 <= uint64(rest) && length < 8:
		return int(length) * 8
	case rest == 32:
		return 32
	}
	return rest + 32
}
