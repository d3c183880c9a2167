package record

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Describe puts what r is about on one line, without its time and connection. Words of the peer are quoted, so that they
// cannot pass for lines of ours or reach a terminal as control characters. Marks stand at the end: "[injected]".
func (r *Record) Describe() string {
	if r.Marks != 0 {
		return r.describe() + " [" + r.Marks.String() + "]"
	}
	return r.describe()
}

func (r *Record) describe() string {
	switch r.Kind {
	case KindRequest:
		if r.Remote == "" {
			return fmt.Sprintf("request %s", printable(SocketName(r.Name, r.Head)))
		}
		from := r.Remote
		if r.hasProgram() {
			from += ", " + r.Program.String()
		}
		if r.hasNode() {
			from += ", on node " + r.Node
		}
		return fmt.Sprintf("request %s from %s", printable(SocketName(r.Name, r.Head)), printable(from))
	case KindResponse:
		line, _, _ := bytes.Cut(r.Head, []byte("\r\n"))
		return fmt.Sprintf("response %q", line)
	case KindFrame:
		if r.Source == SourcePage {
			return fmt.Sprintf("%s %s LEN:%d as the page saw it", r.Dir.Arrow(), r.Header.Opcode, r.Header.Length)
		}
		line := frame.LogLine(r.Dir.Arrow(), r.Header)
		if r.Violations != 0 {
			line += " ! " + r.Violations.String()
		}
		return line
	case KindClose:
		name, _ := frame.CloseCodeText(r.Code)
		return fmt.Sprintf("close %d (%s) by %s, clean %t, reason %q", r.Code, name, r.By, r.Clean, r.Reason)
	case KindNote:
		return fmt.Sprintf("%s: %s", printable(r.Name), printable(r.Reason))
	case KindTransit:
		return fmt.Sprintf("%d transit times of %s", len(r.Transits), r.Dir)
	case KindEnd:
		return fmt.Sprintf("end: %s", printable(r.Reason))
	case KindBroken:
		return fmt.Sprintf("broken at byte %d of %s: %s", r.Offset, r.Dir, printable(r.Reason))
	}
	return r.Kind.Name()
}

// printable returns s, quoted when it has anything that a terminal does not just print.
func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}
