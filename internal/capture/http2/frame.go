package http2

import (
	"bytes"
	"encoding/binary"
)

// Preface is what a client begins with (RFC 9113 §3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// The frame types that are used (RFC 9113 §6).
const (
	typeData         = 0
	typeHeaders      = 1
	typePriority     = 2
	typeReset        = 3
	typeSettings     = 4
	typePush         = 5
	typePing         = 6
	typeGoAway       = 7
	typeWindow       = 8
	typeContinuation = 9
)

const (
	flagEndStream  = 1
	flagAck        = 1
	flagEndHeaders = 4
	flagPadded     = 8
	flagPriority   = 32
)

const (
	frameHead = 9
	maxFrame  = 1 << 20 // bytes of a frame that is not data
	maxBlock  = 1 << 18 // bytes of a header block
)

// header is the head of a frame.
type header struct {
	size   int
	kind   byte
	flags  byte
	stream uint32
}

func parseHeader(b []byte) header {
	return header{
		size: int(b[0])<<16 | int(b[1])<<8 | int(b[2]), kind: b[3], flags: b[4], stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31),
	}
}

// Begins reports whether a half that begins with p is HTTP/2: the client's preface, or the SETTINGS frame with which a server begins.
// more says that p is too short to know.
func Begins(p []byte) (yes, more bool) {
	if n := min(len(p), len(Preface)); string(p[:n]) == Preface[:n] {
		return n == len(Preface), n < len(Preface)
	}
	settings := []byte{0, 0, 0, typeSettings, 0, 0, 0, 0, 0}
	head := bytes.Clone(p[:min(len(p), frameHead)])
	size := byte(0)
	if len(head) > 2 {
		size, head[2] = head[2], 0
	}
	if !bytes.HasPrefix(settings, head) || size%6 != 0 || size > 120 {
		return false, false
	}
	return len(head) == frameHead, len(head) < frameHead
}

// Joins reports whether p, which is not the beginning of a half, may be frames of an HTTP/2 connection that began before.
func Joins(p []byte) bool {
	if !plausible(p) {
		return false
	}
	allowed := map[byte]byte{
		typeData:     flagEndStream | flagPadded,
		typeHeaders:  flagEndStream | flagEndHeaders | flagPadded | flagPriority,
		typeSettings: flagAck, typePing: flagAck, typePush: flagEndHeaders | flagPadded, typeContinuation: flagEndHeaders,
	}
	h := parseHeader(p)
	return h.flags&^allowed[h.kind] == 0 && (h.size > 0 || h.kind == typeSettings || h.kind == typeData && h.flags == flagEndStream)
}

// plausible reports whether p is whole frames, or one and the beginning of another, as a segment begins where a lost one ends.
func plausible(p []byte) bool {
	for n := 0; ; n++ {
		if len(p) < frameHead {
			return n > 0
		}
		h := parseHeader(p)
		ok := h.kind <= typeContinuation && p[5]&0x80 == 0
		switch h.kind {
		case typeData, typeHeaders, typeContinuation, typePush:
			ok = ok && h.stream != 0 && h.size <= maxFrame
		case typePriority:
			ok = ok && h.stream != 0 && h.size == 5
		case typeReset:
			ok = ok && h.stream != 0 && h.size == 4
		case typeWindow:
			ok = ok && h.size == 4
		case typeSettings:
			ok = ok && h.stream == 0 && h.size%6 == 0 && h.size <= 120
		case typePing:
			ok = ok && h.stream == 0 && h.size == 8
		case typeGoAway:
			ok = ok && h.stream == 0 && h.size >= 8 && h.size <= 1<<10
		}
		if !ok {
			return false
		}
		if len(p) <= frameHead+h.size {
			return n > 0 || len(p) == frameHead+h.size
		}
		p = p[frameHead+h.size:]
	}
}

// unpadded takes the padding off, and the priority of HEADERS. It is nil when they do not fit.
func unpadded(h header, p []byte) []byte {
	pad := 0
	if h.flags&flagPadded != 0 {
		if len(p) == 0 {
			return nil
		}
		pad, p = int(p[0]), p[1:]
	}
	skip := 0
	switch {
	case h.kind == typeHeaders && h.flags&flagPriority != 0:
		skip = 5
	case h.kind == typePush:
		skip = 4
	}
	if len(p) < pad+skip {
		return nil
	}
	return p[skip : len(p)-pad]
}
