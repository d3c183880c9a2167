package app

import (
	"encoding/json"
	"strings"
)

// longestCall bounds the id of a request that is answered, in bytes: it travels back as it came.
const longestCall = 64

// call returns the id under which a client wants an answer, as tether's calls and its request in JavaScript carry it
// (package message), or an empty text.
func (m members) call() string {
	if id := m.text("call"); len(id) <= longestCall {
		return id
	}
	return ""
}

// reply is the envelope of an answer: with call, the client knows which request it belongs to. Of a refusal the fault says
// why, in words.
func reply(name string, v any, call string, faults ...string) []byte {
	b := envelope(name, v)
	if call == "" {
		return b
	}
	b = append(b[:len(b)-1], `,"reply":`...)
	b = append(b, quoted(call)...)
	if len(faults) > 0 {
		b = append(append(b, `,"fault":`...), quoted(strings.Join(faults, "; "))...)
	}
	return append(b, '}')
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s) // of a string it cannot fail
	return b
}
