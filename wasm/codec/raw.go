package codec

// Message is a message as it travels: nothing encoded, nothing decoded.
type Message struct {
	Type MessageType
	Data []byte
}

// Raw passes messages through. Text that is sent must be UTF-8; [Error] says at which byte it is not. What arrives as
// text was checked by the transport. [WithMaxSize] applies.
func Raw(opts ...Option) Codec[Message, Message] { return raw{NewLimits(opts...)} }

// Bytes carries []byte as binary messages, and accepts text ones too. [WithMaxSize] applies.
func Bytes(opts ...Option) Codec[[]byte, []byte] { return octets{NewLimits(opts...)} }

// String carries strings as text messages. A binary message that arrives must be UTF-8. [WithMaxSize] applies.
func String(opts ...Option) Codec[string, string] { return text{NewLimits(opts...)} }

type raw struct{ limits Limits }

func (raw) Subprotocol() string { return "" }

func (raw) Append(dst []byte, v Message) ([]byte, MessageType, error) {
	switch v.Type {
	case Text:
		if err := CheckUTF8("raw", "codec.Message", v.Data); err != nil {
			return dst, 0, err
		}
	case Binary:
	default:
		return dst, 0, &Error{Codec: "raw", Type: "codec.Message", Offset: -1, Err: errNoType}
	}
	return append(dst, v.Data...), v.Type, nil
}

func (c raw) Decode(b []byte, t MessageType, v *Message) error {
	if err := c.limits.CheckSize("raw", "codec.Message", b); err != nil {
		return err
	}
	*v = Message{t, b}
	return nil
}

type octets struct{ limits Limits }

func (octets) Subprotocol() string { return "" }

func (octets) Append(dst, v []byte) ([]byte, MessageType, error) {
	return append(dst, v...), Binary, nil
}

func (c octets) Decode(b []byte, _ MessageType, v *[]byte) error {
	if err := c.limits.CheckSize("bytes", "[]byte", b); err != nil {
		return err
	}
	*v = b
	return nil
}

type text struct{ limits Limits }

func (text) Subprotocol() string { return "" }

func (text) Append(dst []byte, v string) ([]byte, MessageType, error) {
	n := len(dst)
	dst = append(dst, v...)
	if err := CheckUTF8("string", "string", dst[n:]); err != nil {
		return dst[:n], 0, err
	}
	return dst, Text, nil
}

func (c text) Decode(b []byte, t MessageType, v *string) error {
	if err := c.limits.CheckSize("string", "string", b); err != nil {
		return err
	}
	if t != Text {
		if err := CheckUTF8("string", "string", b); err != nil {
			return err
		}
	}
	*v = string(b)
	return nil
}

var errNoType = &reason{ErrMessageType, "message type is neither Text nor Binary"}
