package decode

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// messagePack reads MessagePack.
type messagePack struct{}

func (messagePack) Name() string { return "MessagePack" }

func (messagePack) Guess(in *Input) Confidence {
	b := in.Payload
	switch {
	case strings.Contains(in.Subprotocol, "msgpack") || strings.Contains(in.Subprotocol, "messagepack"):
		return Sure
	case in.Text || len(b) < 2 || !packGroup(b[0]):
		return No
	case !walks(in, func(t *tree, b []byte) (int, error) { return t.messagePack(b, 0, 0, "") }):
		return No
	case b[0]&0xF0 == 0x80 && b[1]&0xE0 == 0xA0, b[0] >= 0xDE:
		return Likely
	}
	return Maybe
}

// packGroup reports whether a map or an array starts with c.
func packGroup(c byte) bool { return c&0xE0 == 0x80 || c >= 0xDC && c <= 0xDF }

func (messagePack) decode(in *Input, t *tree) error {
	line := len(t.lines)
	end, err := t.messagePack(in.Payload, 0, 0, "")
	for n := 1; err == nil && end < len(in.Payload) && !t.full(); n++ {
		end, err = t.messagePack(in.Payload, end, 0, "value "+strconv.Itoa(n+1))
	}
	t.summary = t.describe(line)
	return err
}

// describe is the summary of a group that no protocol claims: its type, else its names.
func (t *tree) describe(line int) string {
	if line < 0 || line >= len(t.lines) {
		return ""
	}
	kids := t.kids(line)
	var names []string
	for _, k := range kids {
		switch k.Key {
		case "type", "event", "method", "action", "op", "command":
			if k.Type != Group {
				return k.Key + "=" + k.Value
			}
		}
		if len(names) < 8 {
			names = append(names, k.Key)
		}
	}
	if len(kids) > 0 && (strings.Contains(t.lines[line].Value, "member") || strings.Contains(t.lines[line].Value, "field")) {
		return "{" + strings.Join(names, ", ") + "}"
	}
	return t.lines[line].Value
}

// messagePack writes the value at i, with everything in it, and returns where it ends.
func (t *tree) messagePack(b []byte, i, depth int, key string) (int, error) {
	if i >= len(b) {
		return i, fault(i, "the data ends where a MessagePack value is expected")
	}
	switch c := b[i]; {
	case c < 0x80:
		t.number(depth, key, int64(c), i, i+1)
		return i + 1, nil
	case c >= 0xE0:
		t.number(depth, key, int64(int8(c)), i, i+1)
		return i + 1, nil
	case c < 0x90:
		return t.packMap(b, i, i+1, int(c&15), depth, key)
	case c < 0xA0:
		return t.packArray(b, i, i+1, int(c&15), depth, key)
	case c < 0xC0:
		return t.packed(b, i, i+1, uint64(c&31), String, depth, key)
	}
	return t.packLong(b, i, depth, key)
}

// packLong reads the values whose first byte is 0xC0 to 0xDF.
func (t *tree) packLong(b []byte, i, depth int, key string) (int, error) {
	c := b[i]
	switch c {
	case 0xC0, 0xC2, 0xC3:
		t.add(depth, key, [...]string{"nil", "", "false", "true"}[c-0xC0], Word, i, i+1)
		return i + 1, nil
	case 0xC1:
		return i, fault(i, "C1 starts no MessagePack value")
	case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8:
		return t.packExtension(b, i, i+1, 1<<(c-0xD4), depth, key)
	}
	width := [...]int{1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4}[c-0xC4]
	v, ok := bigEndian(b, i+1, width)
	if !ok {
		return len(b), fault(len(b), "the data ends inside a MessagePack value")
	}
	at := i + 1 + width
	switch {
	case c <= 0xC6:
		return t.packed(b, i, at, v, Bytes, depth, key)
	case c <= 0xC9:
		return t.packExtension(b, i, at, v, depth, key)
	case c == 0xCA:
		t.float(depth, key, float64(math.Float32frombits(uint32(v))), 32, i, at)
	case c == 0xCB:
		t.float(depth, key, math.Float64frombits(v), 64, i, at)
	case c <= 0xCF:
		t.unsigned(depth, key, v, i, at)
	case c <= 0xD3:
		shift := 64 - 8*width
		t.number(depth, key, int64(v<<shift)>>shift, i, at)
	case c <= 0xDB:
		return t.packed(b, i, at, v, String, depth, key)
	case c <= 0xDD:
		return t.packArray(b, i, at, int(v), depth, key)
	default:
		return t.packMap(b, i, at, int(v), depth, key)
	}
	return at, nil
}

func (t *tree) number(depth int, key string, v int64, from, to int) {
	if !t.full() {
		t.add(depth, key, strconv.FormatInt(v, 10), Number, from, to)
	}
}

func (t *tree) unsigned(depth int, key string, v uint64, from, to int) {
	if !t.full() {
		t.add(depth, key, strconv.FormatUint(v, 10), Number, from, to)
	}
}

func (t *tree) float(depth int, key string, v float64, bits, from, to int) {
	if !t.full() {
		t.add(depth, key, strconv.FormatFloat(v, 'g', -1, bits), Number, from, to)
	}
}

// packed writes n bytes at `at` as text or digits.
func (t *tree) packed(b []byte, i, at int, n uint64, kind Type, depth int, key string) (int, error) {
	if n > uint64(len(b)-at) {
		return len(b), fault(len(b), "the data ends inside a MessagePack value of "+strconv.FormatUint(n, 10)+" bytes")
	}
	end := at + int(n)
	t.octets(depth, key, b[at:end], kind, i, end)
	return end, nil
}

// octets writes bytes as a text or as digits, unless the view is full.
func (t *tree) octets(depth int, key string, b []byte, kind Type, from, to int) {
	switch {
	case t.full():
		t.add(depth, key, "", kind, from, to)
	case kind == String:
		t.add(depth, key, text(b), String, from, to)
	default:
		t.add(depth, key, hexOf(b), Bytes, from, to)
	}
}

func (t *tree) packExtension(b []byte, i, at int, n uint64, depth int, key string) (int, error) {
	if at >= len(b) || n > uint64(len(b)-at-1) {
		return len(b), fault(len(b), "the data ends inside a MessagePack extension")
	}
	end := at + 1 + int(n)
	data := b[at+1 : end]
	if t.full() {
		t.add(depth, key, "", Note, i, end)
		return end, nil
	}
	if b[at] == 0xFF {
		if when, ok := packTime(data); ok {
			t.add(depth, key, when, String, i, end)
			return end, nil
		}
	}
	t.add(depth, key, "extension "+strconv.Itoa(int(int8(b[at])))+": "+hexOf(data), Bytes, i, end)
	return end, nil
}

// packTime reads the extension −1, a timestamp of 4, 8 or 12 bytes.
func packTime(b []byte) (string, bool) {
	var sec, nano uint64
	switch len(b) {
	case 4:
		sec, _ = bigEndian(b, 0, 4)
	case 8:
		v, _ := bigEndian(b, 0, 8)
		sec, nano = v&(1<<34-1), v>>34
	case 12:
		nano, _ = bigEndian(b, 0, 4)
		sec, _ = bigEndian(b, 4, 8)
	default:
		return "", false
	}
	if nano >= 1e9 || sec > 253402300799 {
		return "", false
	}
	return time.Unix(int64(sec), int64(nano)).UTC().Format(time.RFC3339Nano), true
}

// deep refuses to go further down than a view shows: whatever nests deeper is a wrong guess or an attack.
func deep(depth, at int) error {
	if depth < maxDepth {
		return nil
	}
	return fault(at, "nested deeper than "+strconv.Itoa(maxDepth)+" levels")
}

func (t *tree) packArray(b []byte, i, at, n, depth int, key string) (int, error) {
	line := t.add(depth, key, count(n, "element"), Group, i, len(b))
	err := deep(depth, i)
	for k := 0; k < n && err == nil; k++ {
		at, err = t.messagePack(b, at, depth+1, t.index(k))
	}
	t.end(line, count(n, "element"), at)
	return at, err
}

// index is the key of an element, made only while there is room for it.
func (t *tree) index(k int) string {
	if t.full() {
		return ""
	}
	return strconv.Itoa(k)
}

func (t *tree) packMap(b []byte, i, at, n, depth int, key string) (int, error) {
	line := t.add(depth, key, count(n, "member"), Group, i, len(b))
	err := deep(depth, i)
	for k := 0; k < n && err == nil; k++ {
		var name string
		from := at
		if name, at, err = t.name(func(in *tree) (int, error) { return in.messagePack(b, from, depth+1, "") }); err == nil {
			child := len(t.lines)
			at, err = t.messagePack(b, at, depth+1, name)
			t.widen(child, from)
		}
	}
	t.end(line, count(n, "member"), at)
	return at, err
}

// name reads the key of a map: any value, shown in one line.
func (t *tree) name(read func(*tree) (int, error)) (string, int, error) {
	var own tree
	if !t.full() {
		own.limit = 1
	}
	end, err := read(&own)
	if len(own.lines) == 0 {
		return "", end, err
	}
	return own.lines[0].Value, end, err
}
