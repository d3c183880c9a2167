package frame

import "bytes"

// CutHead cuts off the first HTTP/1 head that b begins with: everything up to its empty line. Lines may end with LF alone (RFC 9112
// §2.2). The tap, the proxy and readers of packets all use it, so that none sees a head end where another does not. head is a
// part of b; ok is false where no head is complete.
func CutHead(b []byte) (head, rest []byte, ok bool) {
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return nil, b, false
		}
		line := b[at : at+n+1]
		if at += n + 1; EndsHead(line) {
			return b[:at:at], b[at:], true
		}
	}
}

// EndsHead reports whether a line, with its line feed, is the empty one that ends a head.
func EndsHead(line []byte) bool { return string(line) == "\r\n" || string(line) == "\n" }

// ParseFields splits a head into its first line and its fields, each as it stands but for space around its value. exact is false
// where readers may differ about them: a line that does not end with CRLF or is folded, a control character, a line that is no field.
func ParseFields(head []byte) (line string, fields []Field, exact bool) {
	line, fields, problems := parseHead(head)
	for i, c := range head {
		switch {
		case c == '\n' && (i == 0 || head[i-1] != '\r'), c == '\r' && (i+1 == len(head) || head[i+1] != '\n'), c == 0:
			return line, fields, false
		}
	}
	return line, fields, len(problems) == 0
}
