package tether

import (
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// pingJSON is the ping of a [Heartbeat] that does not say otherwise.
func pingJSON(nonce uint32) codec.Message {
	b := append([]byte(nil), `{"type":"ping","nonce":`...)
	b = strconv.AppendUint(b, uint64(nonce), 10)
	return codec.Message{Type: codec.Text, Data: append(b, '}')}
}

// longestPong bounds what is looked at: a longer message is no pong.
const longestPong = 512

// pongJSON recognises the pong.
func pongJSON(m codec.Message) (nonce uint32, ok bool) {
	if m.Type != codec.Text || len(m.Data) < 2 || len(m.Data) > longestPong || m.Data[0] != '{' {
		return 0, false
	}
	s := strings.TrimSpace(string(m.Data))
	if s[len(s)-1] != '}' {
		return 0, false
	}
	for s = strings.TrimSpace(s[1 : len(s)-1]); s != ""; {
		name, value, rest, good := member(s)
		if !good {
			return 0, false
		}
		switch name {
		case "type":
			ok = value == `"pong"`
		case "nonce":
			n, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return 0, false
			}
			nonce = uint32(n)
		}
		s = rest
	}
	return nonce, ok
}
