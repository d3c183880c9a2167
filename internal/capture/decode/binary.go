package decode

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
)

// binaryWalk is for walks: it reads one value of the format.
func binaryWalk(f binscan.Format) func(t *tree, b []byte) (int, error) {
	return func(t *tree, b []byte) (int, error) { return t.binary(f, b, 0, 0, "") }
}

// binarySequence writes a payload of one value after the other.
func (t *tree) binarySequence(f binscan.Format, in *Input) error {
	line := len(t.lines)
	end, err := t.binary(f, in.Payload, 0, 0, "")
	for n := 1; err == nil && end < len(in.Payload) && !t.full(); n++ {
		end, err = t.binary(f, in.Payload, end, 0, "value "+strconv.Itoa(n+1))
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

// binary writes the value at i, with everything in it, and returns where it ends.
func (t *tree) binary(f binscan.Format, b []byte, i, depth int, key string) (int, error) {
	it, err := binscan.Read(f, b, i)
	if err != nil {
		return binaryFault(err)
	}
	switch it.Kind { //nolint:exhaustive // the others have nothing in them
	case binscan.List, binscan.Map:
		return t.binaryGroup(f, b, i, it, depth, key)
	case binscan.Tag:
		if err := deep(depth, i); err != nil {
			return i, err
		}
		line := t.add(depth, key, cborTag(it.N), Group, i, len(b))
		end, err := t.binary(f, b, it.End, depth+1, "content")
		t.end(line, cborTag(it.N), end)
		return end, err
	case binscan.Break:
		return i, fault(i, "byte FF starts no CBOR item")
	}
	value := ""
	if !t.full() {
		value = binaryValue(f, &it)
	}
	t.add(depth, key, value, binaryType(&it), i, it.End)
	return it.End, nil
}

// binaryFault is a fault of the format as one of the payload.
func binaryFault(err error) (int, error) {
	var f *binscan.Fault
	if !errors.As(err, &f) {
		return 0, err
	}
	return f.At, fault(f.At, f.Error())
}

// binaryType is the type of the line of an item that is no group.
func binaryType(it *binscan.Item) Type {
	switch it.Kind { //nolint:exhaustive // the others are words
	case binscan.Unsigned, binscan.Negative, binscan.Float:
		return Number
	case binscan.Text:
		return String
	case binscan.Bytes:
		return Bytes
	case binscan.Extension:
		if _, ok := it.Time(); ok {
			return String
		}
		return Bytes
	}
	return Word
}

// binaryValue is what the line of an item says that is no group.
func binaryValue(f binscan.Format, it *binscan.Item) string {
	switch it.Kind { //nolint:exhaustive // the others are simple
	case binscan.Unsigned, binscan.Negative:
		return string(it.AppendNumber(nil))
	case binscan.Float:
		return strconv.FormatFloat(it.Value, 'g', -1, it.Bits)
	case binscan.Text:
		return text(it.Data)
	case binscan.Bytes:
		return hexOf(it.Data)
	case binscan.Extension:
		if when, ok := it.Time(); ok {
			return when.Format(time.RFC3339Nano)
		}
		return "extension " + strconv.Itoa(int(it.Type)) + ": " + hexOf(it.Data)
	case binscan.Null:
		return [...]string{binscan.MessagePack: "nil", binscan.CBOR: "null"}[f]
	case binscan.Undefined:
		return "undefined"
	case binscan.False, binscan.True:
		return strconv.FormatBool(it.Kind == binscan.True)
	}
	return "simple value " + strconv.FormatUint(it.N, 10)
}

// binaryGroup writes a list or a map with everything in it.
func (t *tree) binaryGroup(f binscan.Format, b []byte, i int, it binscan.Item, depth int, key string) (int, error) {
	what := "element"
	if it.Kind == binscan.Map {
		what = "member"
	}
	line := t.add(depth, key, "", Group, i, len(b))
	at, n, err := it.End, 0, deep(depth, i)
	for err == nil && (it.Open || uint64(n) < it.N) {
		if it.Open && binscan.Breaks(b, at) {
			at++
			break
		}
		if it.Kind == binscan.Map {
			at, err = t.binaryMember(f, b, at, depth+1)
		} else {
			at, err = t.binary(f, b, at, depth+1, t.index(n))
		}
		if err == nil {
			n++
		}
	}
	size := count(n, what)
	if uint64(n) < it.N {
		size = strconv.Itoa(n) + " of " + strconv.FormatUint(it.N, 10) + " " + what + "s"
	}
	t.end(line, size, at)
	return at, err
}

// binaryMember writes the value behind the name at i; the line begins at the name.
func (t *tree) binaryMember(f binscan.Format, b []byte, i, depth int) (int, error) {
	name, at, err := t.name(func(in *tree) (int, error) { return in.binary(f, b, i, depth, "") })
	if err != nil {
		return at, err
	}
	child := len(t.lines)
	at, err = t.binary(f, b, at, depth, name)
	t.widen(child, i)
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

// index is the key of an element, made only while there is room for it.
func (t *tree) index(k int) string {
	if t.full() {
		return ""
	}
	return strconv.Itoa(k)
}

// deep refuses to go further down than a view shows: whatever nests deeper is a wrong guess or an attack.
func deep(depth, at int) error {
	if depth < maxDepth {
		return nil
	}
	return fault(at, "nested deeper than "+strconv.Itoa(maxDepth)+" levels")
}
