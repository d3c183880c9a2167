package wire

import (
	"encoding/binary"
	"errors"
	"io"
)

// Limits of what is said.
const (
	MaxFrame    = 9 << 20 // bytes of a frame
	MaxBytes    = 8 << 20 // bytes of a message, and of all that a reply has
	MaxMessages = 100     // messages of a reply
	MaxSource   = 1 << 20 // bytes of a script
)

// Errors of a frame.
var (
	ErrTooLong = errors.New("a frame of the script's worker has more than 9 MiB")
	ErrBroken  = errors.New("a frame of the script's worker cannot be read")
)

// The kinds of frames.
const (
	kindLoad byte = iota + 1
	kindMessage
	kindReply
)

// Load asks the worker to read a script, in place of the one before.
type Load struct {
	Name   string // of the file, for positions
	Source []byte
	Steps  uint64 // of the interpreter, for the script itself and for each message
	Memory uint64 // bytes of the heap of the worker
	Hard   bool   // the operating system bounds its memory, too, where it can
}

// Message is a message of a tapped connection.
type Message struct {
	Conn    uint32
	Out     bool // from the client
	Number  uint64
	Text    bool
	Payload []byte
	Path    string
	Host    string
	Target  string
}

// Reply answers a [Load] or a [Message].
type Reply struct {
	Error    string // with the place in the script; "" for none
	Prints   []string
	Unshown  uint64 // prints that are not in Prints
	Changed  bool   // Messages, Answers and Close say what becomes of the message; otherwise it passes
	Messages []Part
	Answers  []string
	Closes   bool
	Code     uint16
	Reason   string
}

// Part is a message of a reply.
type Part struct {
	Text    bool
	Payload []byte
}

// Write writes a [*Load], [*Message] or [*Reply] as one frame.
func Write(w io.Writer, v any) error {
	b := append(make([]byte, 4, 256), 0)
	switch v := v.(type) {
	case *Load:
		b[4] = kindLoad
		b = v.append(b)
	case *Message:
		b[4] = kindMessage
		b = v.append(b)
	case *Reply:
		b[4] = kindReply
		b = v.append(b)
	}
	if len(b)-4 > MaxFrame {
		return ErrTooLong
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	_, err := w.Write(b)
	return err
}

// Read reads a frame: a [*Load], [*Message] or [*Reply]. At the end of r before a frame it returns [io.EOF].
func Read(r io.Reader) (any, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrame {
		return nil, ErrTooLong
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(n))) // which allocates as much as comes, not as much as the length says
	if err != nil {
		return nil, err
	}
	if len(b) != int(n) || n == 0 {
		return nil, ErrBroken
	}
	return parse(b[0], &reader{b: b[1:]})
}

// parse reads the fields of a frame.
func parse(kind byte, r *reader) (v any, err error) {
	switch kind {
	case kindLoad:
		v = r.load()
	case kindMessage:
		v = r.message()
	case kindReply:
		v = r.reply()
	default:
		return nil, ErrBroken
	}
	if r.bad || len(r.b) > 0 {
		return nil, ErrBroken
	}
	return v, nil
}
