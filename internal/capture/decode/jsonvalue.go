package decode

import "github.com/tetherscope/tetherscope/internal/capture/jsonscan"

// object is a JSON object in a payload, of which a protocol asks single members.
type object struct {
	b  []byte
	at int
}

// objectAt returns the object that the payload starts with; ok is false for anything else.
func objectAt(b []byte) (object, bool) {
	i := jsonscan.Space(b, 0)
	return object{b, i}, i < len(b) && b[i] == '{' && opensObject(b, i)
}

// value is a JSON value in a payload; the zero value is one that is not there.
type value struct {
	b        []byte
	from, to int
}

func (o object) get(name string) value {
	from, to, ok := jsonscan.Find(o.b, o.at, name)
	if !ok {
		return value{}
	}
	return value{o.b, from, to}
}

func (o object) has(name string) bool { return o.get(name).b != nil }

func (v value) raw() []byte { return v.b[v.from:v.to] }

// plain returns a string's content, or a number or literal as it is written; "" for null, containers and missing values.
func (v value) plain() string {
	if v.to-v.from < 1 {
		return ""
	}
	switch raw := v.raw(); {
	case raw[0] == '"':
		return string(jsonscan.Unquote(nil, raw[:min(len(raw), maxValue)]))
	case raw[0] == '{', raw[0] == '[', string(raw) == "null":
		return ""
	default:
		return text(raw)
	}
}

// object returns the value as an object; asking one that is none finds nothing.
func (v value) object() object { return object{v.b, v.from} }

// with puts " name=v" behind a summary when there is a v.
func with(summary, name, v string) string {
	if v == "" {
		return summary
	}
	return summary + " " + name + "=" + v
}
