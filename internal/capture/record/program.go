package record

import (
	"encoding/binary"
	"strconv"
)

// Program is the program that opened a connection, as the operating system names the owner of its socket. The zero value is
// unknown: the client is on another machine, belongs to another user, or the system does not say.
type Program struct {
	PID  uint32 // process ID; of a program of several processes, such as a browser, the first one's
	Name string // of its executable, without the folder
}

// String returns "chromium (4711)", or "" when the program is not known.
func (p Program) String() string {
	if p == (Program{}) {
		return ""
	}
	return p.Name + " (" + strconv.FormatUint(uint64(p.PID), 10) + ")"
}

// programmed is the bit, in the byte of side and direction, that says that the program stands at the end of a request: older readers,
// which do not look there, read the rest.
const programmed = 1 << 5

// hasProgram reports whether a program stands at the end of r.
func (r *Record) hasProgram() bool { return r.Kind == KindRequest && r.Program != Program{} }

func appendProgram(dst []byte, p Program) []byte {
	return appendString(binary.AppendUvarint(dst, uint64(p.PID)), p.Name)
}

func (r *reader) program() Program { return Program{r.uint32(), string(r.bytes())} }
