package decode

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
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
	case !walks(in, binaryWalk(binscan.MessagePack)):
		return No
	case b[0]&0xF0 == 0x80 && b[1]&0xE0 == 0xA0, b[0] >= 0xDE:
		return Likely
	}
	return Maybe
}

// packGroup reports whether a map or an array starts with c.
func packGroup(c byte) bool { return c&0xE0 == 0x80 || c >= 0xDC && c <= 0xDF }

func (messagePack) decode(in *Input, t *tree) error { return t.binarySequence(binscan.MessagePack, in) }
