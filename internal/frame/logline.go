package frame

import "strconv"

// The arrows of the two directions, in the panel and on terminals.
const (
	ArrowOut = "↑" // from client to server
	ArrowIn  = "↓" // from server to client
)

// LogLine returns one line, without a line end, that describes a frame: "↑ Text FIN:1 MASK:1 LEN:5". RSV is included only
// when a reserved bit is set. LEN is the payload's length in bytes on the wire.
func LogLine(arrow string, h Header) string {
	b := make([]byte, 0, 64)
	b = append(b, arrow...)
	b = append(b, ' ')
	name := h.Opcode.String()
	b = append(b, name[0]-'a'+'A')
	b = append(b, name[1:]...)
	b = append(b, " FIN:"...)
	b = append(b, bit(h.Fin))
	if h.Rsv != 0 {
		b = append(b, " RSV:"...)
		b = strconv.AppendUint(b, uint64(h.Rsv), 10)
	}
	b = append(b, " MASK:"...)
	b = append(b, bit(h.Masked))
	b = append(b, " LEN:"...)
	return string(strconv.AppendUint(b, h.Length, 10))
}

func bit(on bool) byte {
	if on {
		return '1'
	}
	return '0'
}
