package app

import "encoding/json"

// envelope returns v, one of the structs of wasm/chat, as a JSON object whose first member is "type".
func envelope(name string, v any) []byte {
	fields, err := json.Marshal(v)
	if err != nil || len(fields) < 2 || fields[0] != '{' {
		panic("app: not a message: " + name) // the structs are ours and hold strings and numbers only
	}
	b := make([]byte, 0, len(fields)+len(name)+12)
	b = append(b, `{"type":"`...)
	b = append(b, name...)
	b = append(b, '"')
	if len(fields) > 2 {
		b = append(b, ',')
	}
	return append(b, fields[1:]...)
}
