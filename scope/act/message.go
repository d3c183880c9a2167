package act

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Bounds of a message.
const (
	MaxPayload = 4 << 20 // bytes
	MaxFrames  = 1024
)

// The receivers of [Message.To] and [End.To].
const (
	ToClient = "client"
	ToServer = "server"
)

// What to do when the message before has not ended yet, for [Message.Inside].
const (
	InsideRefuse = "refuse" // the default for data
	InsideWait   = "wait"   // for its end
	InsideForce  = "force"
)

// Message is something to be sent. At most one of Text, Base64, Hex and Code says what its payload is; none means that it is
// empty. The zero value of everything else is what a peer that keeps the rules would do.
type Message struct {
	To     string  `json:"to"`               // who gets it: ToClient or ToServer
	Op     string  `json:"op,omitempty"`     // text (the default), binary, continuation, close, ping, pong, or a number from 0x0 to 0xF
	Text   *string `json:"text,omitempty"`   // payload as text
	Base64 *string `json:"base64,omitempty"` // payload as bytes
	Hex    *string `json:"hex,omitempty"`    // payload as hexadecimal digits; spaces, colons and line ends are passed over
	Code   *uint16 `json:"code,omitempty"`   // payload of a close frame: a code, and Reason behind it
	Reason string  `json:"reason,omitempty"`
	Fin    *bool   `json:"fin,omitempty"`    // of the last frame; default true
	Rsv    uint8   `json:"rsv,omitempty"`    // of the first frame: 4 is RSV1, 2 RSV2, 1 RSV3
	Mask   *bool   `json:"mask,omitempty"`   // default: to the server yes, to the client no
	Key    string  `json:"key,omitempty"`    // masking key, 8 hexadecimal digits, for every frame; default a random one for each
	Split  int     `json:"split,omitempty"`  // into so many frames of about the same size
	Sizes  []int   `json:"sizes,omitempty"`  // or into frames of these payload sizes; what is left over becomes one more
	Inside string  `json:"inside,omitempty"` // InsideRefuse, InsideWait or InsideForce
	Force  bool    `json:"force,omitempty"`  // send it although it breaks rules
}

// FieldError is a field of a message, or of another value of this package, that cannot be used.
type FieldError struct {
	Field   string // as in JSON
	Problem string // what is wrong with it, and what to do
	Offset  int    // where in the field, in bytes; 0 if that means nothing
}

// Error says which field and what is wrong.
func (e *FieldError) Error() string { return strconv.Quote(e.Field) + " " + e.Problem }

func bad(field, problem string) error { return &FieldError{Field: field, Problem: problem} }

// Server reports whether the message goes to the server. The error is a [*FieldError].
func (m *Message) Server() (bool, error) { return toServer(m.To) }

func toServer(to string) (bool, error) {
	switch to {
	case ToServer:
		return true, nil
	case ToClient:
		return false, nil
	}
	return false, bad("to", `is neither "client" nor "server"`)
}

// Payload returns the bytes that the message carries. Errors are [*FieldError].
func (m *Message) Payload() ([]byte, error) {
	forms, payload, err := 0, []byte(nil), error(nil)
	if m.Text != nil {
		forms, payload = forms+1, []byte(*m.Text)
	}
	if m.Base64 != nil {
		forms++
		if payload, err = base64.StdEncoding.DecodeString(*m.Base64); err != nil {
			return nil, bad("base64", "is not base64: "+err.Error())
		}
	}
	if m.Hex != nil {
		forms++
		if payload, err = ParseHex(*m.Hex); err != nil {
			return nil, err
		}
	}
	if m.Code != nil {
		forms++
		payload = append(binary.BigEndian.AppendUint16(nil, *m.Code), m.Reason...)
	}
	switch {
	case forms > 1:
		return nil, bad("text", "stands beside another payload: give one of text, base64, hex and code")
	case m.Reason != "" && m.Code == nil:
		return nil, bad("reason", "needs a code before it")
	case len(payload) > MaxPayload:
		return nil, bad("text", fmt.Sprintf("makes a payload of %d bytes: at most %d are sent", len(payload), MaxPayload))
	}
	return payload, nil
}

// ParseHex reads hexadecimal digits. Spaces, line ends, colons, commas and hyphens between bytes, and 0x before one, are
// passed over. The error is a [*FieldError] with the offset.
func ParseHex(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		if strings.IndexByte(" \t\r\n:,-", s[i]) >= 0 {
			i++
			continue
		}
		if len(s) > i+3 && s[i] == '0' && s[i+1]|0x20 == 'x' {
			i += 2
		}
		var one [1]byte
		if i+2 > len(s) {
			return nil, &FieldError{"hex", "ends in the middle of a byte: two digits make one", i}
		}
		if _, err := hex.Decode(one[:], []byte(s[i:i+2])); err != nil {
			return nil, &FieldError{"hex", fmt.Sprintf("has %q at byte %d: want two hexadecimal digits", s[i:i+2], i), i}
		}
		out = append(out, one[0])
		i += 2
	}
	return out, nil
}

var opcodes = map[string]frame.Opcode{
	"": frame.Text, "text": frame.Text, "binary": frame.Binary, "continuation": frame.Continuation,
	"close": frame.Close, "ping": frame.Ping, "pong": frame.Pong,
}

// opcode returns the opcode of the message's first frame. The error is a [*FieldError].
func (m *Message) opcode() (frame.Opcode, error) {
	if op, ok := opcodes[m.Op]; ok {
		return op, nil
	}
	n, err := strconv.ParseUint(m.Op, 0, 8)
	if err != nil || n > 15 {
		return 0, bad("op", "is no opcode: want text, binary, continuation, close, ping, pong, or a number from 0x0 to 0xF")
	}
	return frame.Opcode(n), nil
}

// Frames returns the frames that the message becomes, as they stand on the wire. key is called for the masking key of each
// frame that needs a random one. Errors are [*FieldError].
func (m *Message) Frames(key func() [4]byte) ([]byte, error) {
	h, err := m.header()
	if err != nil {
		return nil, err
	}
	if h.Masked && m.Key != "" {
		fixed, err := ParseHex(m.Key)
		if err != nil || len(fixed) != 4 {
			return nil, bad("key", "is no masking key: want 8 hexadecimal digits")
		}
		key = func() [4]byte { return [4]byte(fixed) }
	}
	payload, err := m.Payload()
	if err != nil {
		return nil, err
	}
	parts, err := m.cut(payload)
	if err != nil {
		return nil, err
	}
	var out []byte
	for i, part := range parts {
		h.Fin = i == len(parts)-1 && (m.Fin == nil || *m.Fin)
		if h.Masked {
			h.Key = key()
		}
		out = frame.AppendFrame(out, h, part)
		h.Opcode, h.Rsv = frame.Continuation, 0
	}
	return out, nil
}

// header returns the header of the first frame, without FIN and key.
func (m *Message) header() (h frame.Header, err error) {
	if h.Masked, err = m.Server(); err != nil {
		return h, err
	}
	if m.Mask != nil {
		h.Masked = *m.Mask
	}
	if m.Rsv > 7 {
		return h, bad("rsv", "is not between 0 and 7")
	}
	h.Rsv = m.Rsv
	h.Opcode, err = m.opcode()
	return h, err
}

// cut divides a payload as the message asks for.
func (m *Message) cut(payload []byte) (parts [][]byte, err error) {
	switch {
	case len(m.Sizes) > 0 && m.Split != 0:
		return nil, bad("split", "stands beside sizes: give one of them")
	case m.Split < 0 || m.Split > MaxFrames || len(m.Sizes) >= MaxFrames:
		return nil, bad("split", fmt.Sprintf("gives too many frames, or too few: at most %d are sent", MaxFrames))
	}
	if len(m.Sizes) == 0 {
		n := max(m.Split, 1)
		for i := range n {
			parts = append(parts, payload[len(payload)*i/n:len(payload)*(i+1)/n])
		}
		return parts, nil
	}
	for _, size := range m.Sizes {
		if size < 0 || size > len(payload) {
			return nil, bad("sizes", fmt.Sprintf("has %d where %d bytes are left", size, len(payload)))
		}
		parts, payload = append(parts, payload[:size]), payload[size:]
	}
	if len(payload) > 0 {
		parts = append(parts, payload)
	}
	return parts, nil
}
