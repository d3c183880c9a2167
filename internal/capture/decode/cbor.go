package decode

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// cborData reads CBOR (RFC 8949).
type cborData struct{}

func (cborData) Name() string { return "CBOR" }

func (cborData) Guess(in *Input) Confidence {
	b := in.Payload
	described := bytes.HasPrefix(b, []byte{0xD9, 0xD9, 0xF7}) // RFC 8949 §3.4.6
	switch {
	case strings.Contains(in.Subprotocol, "cbor"), described:
		return Sure
	case in.Text || len(b) < 2 || b[0]>>5 != 4 && b[0]>>5 != 5 && b[0]>>5 != 6:
		return No
	case !walks(in, func(t *tree, b []byte) (int, error) { return t.cbor(b, 0, 0, "") }):
		return No
	case b[0]>>5 == 5 && b[1]>>5 == 3:
		return Likely
	}
	return Maybe
}

func (cborData) decode(in *Input, t *tree) error {
	line := len(t.lines)
	end, err := t.cbor(in.Payload, 0, 0, "")
	for n := 1; err == nil && end < len(in.Payload) && !t.full(); n++ { // a sequence, RFC 8742
		end, err = t.cbor(in.Payload, end, 0, "value "+strconv.Itoa(n+1))
	}
	t.summary = t.describe(line)
	return err
}

// cborHead is the first bytes of an item (RFC 8949 §3).
type cborHead struct {
	major, info byte
	arg         uint64
	end         int
	open        bool // of indefinite length
}

const breakByte = 0xFF

func readCBORHead(b []byte, i int) (h cborHead, err error) {
	if i >= len(b) {
		return h, fault(i, "the data ends where a CBOR item is expected")
	}
	h = cborHead{major: b[i] >> 5, info: b[i] & 31, end: i + 1}
	switch {
	case h.info < 24:
		h.arg = uint64(h.info)
	case h.info < 28:
		width := 1 << (h.info - 24)
		v, ok := bigEndian(b, i+1, width)
		if !ok {
			return h, fault(len(b), "the data ends inside a CBOR item")
		}
		h.arg, h.end = v, i+1+width
	case h.info == 31 && h.major >= 2 && h.major <= 5:
		h.open = true
	default:
		return h, fault(i, "byte "+hexOf(b[i:i+1])+" starts no CBOR item")
	}
	return h, nil
}

// cbor writes the item at i, with everything in it, and returns where it ends.
func (t *tree) cbor(b []byte, i, depth int, key string) (int, error) {
	h, err := readCBORHead(b, i)
	if err != nil {
		return i, err
	}
	if err := deep(depth, i); err != nil && h.major >= 4 && h.major <= 6 {
		return i, err
	}
	switch h.major {
	case 0:
		t.unsigned(depth, key, h.arg, i, h.end)
	case 1:
		t.cborNegative(depth, key, h.arg, i, h.end)
	case 2, 3:
		return t.cborText(b, i, h, depth, key)
	case 4, 5:
		return t.cborGroup(b, i, h, depth, key)
	case 6:
		line := t.add(depth, key, cborTag(h.arg), Group, i, len(b))
		end, err := t.cbor(b, h.end, depth+1, "content")
		t.end(line, cborTag(h.arg), end)
		return end, err
	default:
		t.cborSimple(h, depth, key, i)
	}
	return h.end, nil
}

func (t *tree) cborNegative(depth int, key string, arg uint64, from, to int) {
	switch {
	case arg <= math.MaxInt64:
		t.number(depth, key, -1-int64(arg), from, to)
	case arg == math.MaxUint64:
		t.add(depth, key, "-18446744073709551616", Number, from, to)
	case !t.full():
		t.add(depth, key, "-"+strconv.FormatUint(arg+1, 10), Number, from, to)
	default:
		t.add(depth, key, "", Number, from, to)
	}
}

// cborTag names the tags that are met often (IANA's registry of CBOR tags).
func cborTag(n uint64) string {
	out := "tag " + strconv.FormatUint(n, 10)
	if name := map[uint64]string{0: "time as text", 1: "time in seconds", 2: "large number", 3: "large negative number", 24: "CBOR inside", 32: "URI", 37: "UUID", 55799: "CBOR"}[n]; name != "" {
		return out + ": " + name
	}
	return out
}

func (t *tree) cborSimple(h cborHead, depth int, key string, i int) {
	switch h.info {
	case 20, 21, 22, 23:
		t.add(depth, key, [...]string{"false", "true", "null", "undefined"}[h.info-20], Word, i, h.end)
	case 25:
		t.float(depth, key, halfFloat(uint16(h.arg)), 32, i, h.end)
	case 26:
		t.float(depth, key, float64(math.Float32frombits(uint32(h.arg))), 32, i, h.end)
	case 27:
		t.float(depth, key, math.Float64frombits(h.arg), 64, i, h.end)
	default:
		t.add(depth, key, "simple value "+strconv.FormatUint(h.arg, 10), Word, i, h.end)
	}
}

// halfFloat reads a number of 16 bits (RFC 8949, appendix D).
func halfFloat(v uint16) float64 {
	exponent, mantissa := int(v>>10&31), float64(v&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(mantissa, -24)
	case 31:
		if f = math.Inf(1); mantissa != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mantissa+1024, exponent-25)
	}
	if v>>15 == 1 {
		return -f
	}
	return f
}

func (t *tree) cborText(b []byte, i int, h cborHead, depth int, key string) (int, error) {
	kind := Bytes
	if h.major == 3 {
		kind = String
	}
	if !h.open {
		if h.arg > uint64(len(b)-h.end) {
			return len(b), fault(len(b), "the data ends inside a CBOR string of "+strconv.FormatUint(h.arg, 10)+" bytes")
		}
		end := h.end + int(h.arg)
		t.octets(depth, key, b[h.end:end], kind, i, end)
		return end, nil
	}
	var whole []byte
	at := h.end
	for at < len(b) && b[at] != breakByte {
		part, err := readCBORHead(b, at)
		if err != nil {
			return at, err
		}
		if part.major != h.major || part.open {
			return at, fault(at, "a piece of a CBOR string is of another kind")
		}
		if part.arg > uint64(len(b)-part.end) {
			return len(b), fault(len(b), "the data ends inside a piece of a CBOR string")
		}
		at = part.end + int(part.arg)
		if len(whole) < maxValue {
			whole = append(whole, text(b[part.end:at])...)
		}
	}
	if at >= len(b) {
		return at, fault(at, "the end of a CBOR string in pieces is missing")
	}
	t.octets(depth, key, whole, kind, i, at+1)
	return at + 1, nil
}

func (t *tree) cborGroup(b []byte, i int, h cborHead, depth int, key string) (int, error) {
	what := "element"
	if h.major == 5 {
		what = "member"
	}
	line := t.add(depth, key, "", Group, i, len(b))
	at, n := h.end, 0
	var err error
	for err == nil && (h.open || uint64(n) < h.arg) {
		if h.open && at < len(b) && b[at] == breakByte {
			at++
			break
		}
		name := t.index(n)
		from, child := at, len(t.lines)
		if h.major == 5 {
			if name, at, err = t.name(func(in *tree) (int, error) { return in.cbor(b, from, depth+1, "") }); err != nil {
				break
			}
		}
		at, err = t.cbor(b, at, depth+1, name)
		t.widen(child, from)
		n++
	}
	t.end(line, count(n, what), at)
	return at, err
}
