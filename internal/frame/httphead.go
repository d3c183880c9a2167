package frame

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// Limits of an HTTP head. What exceeds them is reported as a problem and not read.
const (
	maxHead   = 64 << 10 // bytes
	maxFields = 256
	maxQuoted = 80 // bytes of the peer's text in a problem
)

// parseHead splits an HTTP head into its first line and its fields (RFC 9112 §2, RFC 9110 §5). It is lenient: a lone LF
// ends a line too, and a line that is no field is reported and skipped.
func parseHead(head []byte) (line string, fields []Field, problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if len(head) > maxHead {
		bad("the head is %d bytes long; only the first %d are read (RFC 6455 §10.4)", len(head), maxHead)
		head = head[:maxHead]
	}
	line, rest := cutLine(string(head))
	for n := 2; ; n++ {
		if rest == "" {
			bad("the head ends at line %d, before its empty line (RFC 9112 §2.1)", n)
			break
		}
		var text string
		text, rest = cutLine(rest)
		if text == "" {
			break
		}
		if len(fields) == maxFields {
			bad("the head has more than %d fields; the rest is not read (RFC 6455 §10.4)", maxFields)
			break
		}
		f, wrong := parseField(text)
		if wrong != "" {
			if len(problems) < maxProblems/4 { // room for what the request and the response say
				bad("line %d of the head %s: %s", n, wrong, quote(text))
			}
			continue
		}
		fields = append(fields, f)
	}
	return line, fields, problems
}

// parseField reads one line of a head, or says what is wrong with it.
func parseField(line string) (f Field, wrong string) {
	name, value, ok := strings.Cut(line, ":")
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return f, "is folded (RFC 9112 §5.2)"
	case !ok:
		return f, "has no colon (RFC 9112 §5)"
	case !isToken(name):
		return f, "has a name that is not a token (RFC 9110 §5.1)"
	case strings.ContainsFunc(value, isControl):
		return f, "has a control character (RFC 9110 §5.5)"
	}
	return Field{Name: name, Value: trimSpace(value)}, ""
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

func cutRequestLine(line string) (method, target, proto string, ok bool) {
	method, rest, ok1 := strings.Cut(line, " ")
	target, proto, ok2 := strings.Cut(rest, " ")
	return method, target, proto, ok1 && ok2 && isToken(method) && target != "" && strings.HasPrefix(proto, "HTTP/")
}

func cutStatusLine(line string) (proto string, status int, reason string, ok bool) {
	proto, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(proto, "HTTP/") || len(code) != 3 {
		return proto, 0, reason, false
	}
	status, err := strconv.Atoi(code)
	if err != nil || status < 100 {
		return proto, 0, reason, false
	}
	return proto, status, reason, true
}

// atLeastHTTP11 reports whether proto is HTTP/1.1 or a later version.
func atLeastHTTP11(proto string) bool {
	version, ok := strings.CutPrefix(proto, "HTTP/")
	major, minor, _ := strings.Cut(version, ".")
	switch {
	case !ok || len(major) != 1 || major[0] < '1' || major[0] > '9':
		return false
	case major != "1":
		return true
	}
	return len(minor) == 1 && minor[0] >= '1' && minor[0] <= '9'
}

// single returns the value of the first field with the name, and how many there are.
func single(fields []Field, name string) (value string, n int) {
	for _, f := range fields {
		if equalFold(f.Name, name) {
			if n == 0 {
				value = f.Value
			}
			n++
		}
	}
	return value, n
}

// hasToken reports whether a list field has the token, in any case.
func hasToken(fields []Field, name, token string) bool {
	for _, f := range fields {
		if equalFold(f.Name, name) && HasToken([]string{f.Value}, token) {
			return true
		}
	}
	return false
}

// HasToken reports whether one of the values of a list field has the token, in any case (RFC 9110 §5.6.1).
func HasToken(values []string, token string) bool {
	for _, value := range values {
		for item := range listItems(value) {
			if equalFold(item, token) {
				return true
			}
		}
	}
	return false
}

// listItems yields the elements of a comma-separated list, without empty ones (RFC 9110 §5.6.1).
func listItems(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for item := range splitQuoted(s, ',') {
			if item != "" && !yield(item) {
				return
			}
		}
	}
}

// splitQuoted yields the parts of s between separators that are not inside a quoted string, trimmed.
func splitQuoted(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch {
			case quoted && s[i] == '\\':
				i++
			case s[i] == '"':
				quoted = !quoted
			case s[i] == separator && !quoted:
				if !yield(trimSpace(s[start:i])) {
					return
				}
				start = i + 1
			}
		}
		yield(trimSpace(s[start:]))
	}
}

// unquote reads a quoted string (RFC 9110 §5.6.4).
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}

// isToken reports whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// quote makes the peer's text safe to show: quoted, cut, and with control characters escaped.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}
