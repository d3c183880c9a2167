package frame

// Opcode is the 4-bit type of a frame (RFC 6455 §5.2).
type Opcode uint8

// The opcodes that RFC 6455 §11.8 registers. 3–7 are reserved for data frames and B–F for control frames.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// String returns the lower-case name that people use: "text", "ping", "reserved 3".
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "reserved " + string("0123456789ABCDEF"[o&0xF])
}

// IsControl reports whether o is a control opcode, registered or reserved: its high bit is set (RFC 6455 §5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsReserved reports whether RFC 6455 defines no meaning of o (3–7 and B–F).
func (o Opcode) IsReserved() bool { return o&0x7 > 2 }
