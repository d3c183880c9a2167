package redact

import "strings"

// Placeholder replaces a credential.
const Placeholder = "[hidden]"

// keptFields never hold a credential, and what reads a handshake needs them as they were.
var keptFields = set("secwebsocketkey", "secwebsocketaccept", "secwebsocketversion", "accesscontrolallowheaders", "accesscontrolexposeheaders",
	"accesscontrolrequestheaders", "accesscontrolallowcredentials")

// Head returns a copy of an HTTP head with [Placeholder] in place of the credentials that it recognises: Authorization, cookies,
// header fields and parameters named like tokens, subprotocols that carry one, and in any place what has the shape of one. Line order,
// field names, and everything else stay; a field that is folded over several lines and holds a credential becomes one line.
func Head(head []byte) []byte {
	out := make([]byte, 0, len(head))
	var list protocolList
	begun := false
	for _, f := range fields(string(head)) {
		switch {
		case f.text == "":
			out = append(out, f.end...)
			continue
		case !begun && f.text[0] != ':': // HTTP/2 has fields only
			f.text = startLine(f.text)
		default:
			f.text = list.field(f.text, 0)
		}
		begun = true
		out = append(append(out, f.text...), f.end...)
	}
	return out
}

// line is a line of a head with the lines that continue it, and the line end behind them.
type line struct{ text, end string }

// fields splits a head as lenient peers do: at CRLF and at LF alone. A line that begins with a blank continues the one before. Each
// text is a part of head, however many lines it has: joining them would copy a field once for each of its lines.
func fields(head string) (list []line) {
	begin := 0 // of the last field
	for at := 0; at < len(head); {
		text, rest, found := strings.Cut(head[at:], "\n")
		next := len(head) - len(rest)
		if found {
			text = strings.TrimSuffix(text, "\r")
		}
		end := head[at+len(text) : next]
		n := len(list)
		if n > 1 && text != "" && (text[0] == ' ' || text[0] == '\t') && list[n-1].text != "" {
			list[n-1] = line{head[begin : at+len(text)], end}
		} else {
			list = append(list, line{text, end})
			begin = at
		}
		at = next
	}
	return list
}

// startLine hides credentials in the target of a request. A status line has none but by their shape.
func startLine(s string) string {
	if strings.HasPrefix(s, "HTTP/") {
		return text(s, 0)
	}
	begin := strings.IndexAny(s, " \t")
	if begin < 0 {
		return URL(s)
	}
	end := strings.LastIndex(s, " HTTP/")
	if end <= begin {
		end = len(s)
	}
	return s[:begin] + URL(s[begin:end]) + s[end:]
}

// field hides the credentials of a field, which may be folded. A carriage return alone is a line end to some peers, and none to others.
func (l *protocolList) field(s string, depth int) string {
	kept := s
	s = unfolded(s)
	hidden := l.value(s)
	if strings.ContainsRune(hidden, '\r') && depth == 0 {
		parts := strings.Split(hidden, "\r")
		for i, p := range parts {
			parts[i] = l.field(p, 1)
		}
		hidden = strings.Join(parts, "\r")
	}
	if hidden == s {
		return kept
	}
	return hidden
}

// unfolded joins the lines of a field as peers do (RFC 9112 §5.2).
func unfolded(s string) string {
	if !strings.ContainsRune(s, '\n') {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, one := range lines {
		if one = strings.TrimSuffix(one, "\r"); i > 0 {
			one = strings.TrimLeft(one, " \t")
		}
		lines[i] = one
	}
	return strings.Join(lines, " ")
}

// value hides the credentials in the value of a field.
func (l *protocolList) value(s string) string {
	colon := strings.IndexByte(s[min(1, len(s)):], ':') + 1 // :authority begins with one
	if colon == 0 {
		return text(s, 0)
	}
	name, value := plainName(s[:colon]), s[colon+1:]
	lead := s[:colon+1]
	if at := fieldInside(value); at >= 0 {
		value = value[:at] + " " + Placeholder
	}
	switch {
	case keptFields[name]:
		return lead + value
	case name == "secwebsocketprotocol":
		return lead + l.redact(value)
	case strengthOf(name).hides(value):
		return lead + " " + Placeholder
	case name == "host":
		if at := strings.LastIndexByte(value, '@'); at >= 0 {
			value = " " + Placeholder + value[at:]
		}
	}
	if v := strings.TrimLeft(value, " \t"); isURL(v) {
		return lead + value[:len(value)-len(v)] + URL(v)
	}
	value = text(value, 0)
	if plain := unescaped(value); plain != value && shapes(plain) != plain {
		value = " " + Placeholder
	}
	if _, json := decodedJSON(value); json && nested(value, 0) {
		value = " " + Placeholder
	}
	return lead + value
}

// fieldInside returns where the value of another field begins inside of a value, if its name is that of a credential: what a folded line was to
// who joined it, and a field of its own to who reads line by line. It is -1 for none.
func fieldInside(value string) int {
	for at := 0; ; {
		colon := strings.IndexByte(value[at:], ':')
		if colon < 0 {
			return -1
		}
		before := value[at : at+colon]
		at += colon + 1
		begin := strings.LastIndexAny(before, " \t") + 1
		if begin > 0 && strings.ContainsAny(before[begin:], "\"'{}()<>/?=&;,") {
			continue
		}
		if begin > 0 && strengthOf(before[begin:]) == strong && strong.hides(value[at:]) {
			return at
		}
	}
}

// isURL reports whether a value is one URL or path, and not a text that has some.
func isURL(v string) bool {
	if strings.ContainsAny(v, "<>\"") {
		return false
	}
	scheme := strings.Index(v, "://")
	return strings.HasPrefix(v, "/") || scheme > 0 && scheme < 12 && !strings.ContainsAny(v[:scheme], " ,;=")
}
