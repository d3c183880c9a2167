package redact

import "strings"

// maxDepth is how often a value is decoded to be searched.
const maxDepth = 4

// text hides the credentials of a text: what is assigned to a name of a credential, as name=value or as in JSON, in any place, and
// what has the shape of one.
func text(s string, depth int) string {
	var b strings.Builder
	var ends valueEnds
	done := 0 // of s is in b
	for i := 0; i < len(s); {
		if s[i] != '=' && s[i] != ':' {
			i++
			continue
		}
		name, ok := nameBefore(s[done:i], s[i])
		from, to := ends.valueAfter(s, i)
		if !ok || from == to {
			i++
			continue
		}
		value := s[from:to]
		switch known := strengthOf(name); {
		case known != noSecret && known.hides(unescaped(value)), nested(value, depth):
			value = Placeholder
		case depth < maxDepth && escaped(value):
			value = text(value, depth+1) // whole, so that nothing is decoded again and again
		default:
			i++
			continue
		}
		b.WriteString(s[done:from])
		b.WriteString(value)
		i, done = to, to
	}
	b.WriteString(s[done:])
	return shapes(b.String())
}

// nested reports whether a value, decoded, holds a credential.
func nested(value string, depth int) bool {
	if depth >= maxDepth {
		return false
	}
	value = strings.TrimSpace(value)
	if plain := unescapeOnce(value); plain != value && (text(plain, depth+1) != plain || nested(plain, depth+1)) {
		return true
	}
	if json, ok := decodedJSON(value); ok {
		return text(json, depth+1) != json
	}
	return false
}

// nameEnds end a name, seen from its end.
const nameEnds = "?&;#,/\t\r\n\"'<>(){}|=:\\ "

// nameBefore returns the name that stands before an equals sign or a colon. Before a colon it must be quoted or begin a text, a line or
// an item: other colons assign nothing.
func nameBefore(s string, sign byte) (name string, ok bool) {
	s = strings.TrimRight(s, " \t")
	if n := len(s); n > 0 && (s[n-1] == '"' || s[n-1] == '\'') {
		quote := s[n-1]
		s = strings.TrimRight(s[:n-1], "\\")
		begin := strings.LastIndexByte(s[max(0, len(s)-maxName):], quote)
		if begin < 0 {
			return "", false
		}
		return s[max(0, len(s)-maxName)+begin+1:], true
	}
	begin := max(strings.LastIndexAny(s[max(0, len(s)-maxName):], nameEnds)+max(0, len(s)-maxName), max(0, len(s)-maxName)-1) + 1
	name = s[begin:]
	before := strings.TrimRight(s[:begin], " \t")
	if sign == ':' && before != "" && !strings.ContainsRune("{,\n(", rune(before[len(before)-1])) {
		return "", false
	}
	if first := lastWord(before); first != "" && strongNames[plainName(first+name)] || strengthOf(first) == noSecret && compound[plainName(first+name)] {
		name = first + name
	}
	return name, name != ""
}

// compound are names that people also write in two words.
var compound = set("password", "passphrase", "apikey", "accesskey", "secretkey", "privatekey", "sessionid", "sessionkey")

func lastWord(s string) string {
	s = s[max(0, len(s)-maxName):]
	return s[strings.LastIndexAny(s, nameEnds)+1:]
}

// valueEnds remembers where unquoted values end, of JSON and others, as one value may begin inside another.
type valueEnds struct{ json, other int }

// valueAfter returns the value behind the sign at i.
func (e *valueEnds) valueAfter(s string, i int) (from, to int) {
	json := s[i] == ':'
	from = i + 1
	for from < len(s) && (s[from] == ' ' || s[from] == '\t') {
		from++
	}
	if from == len(s) {
		return from, from
	}
	quote := from
	for quote < len(s) && s[quote] == '\\' {
		quote++
	}
	switch {
	case quote < len(s) && (s[quote] == '"' || s[quote] == '\''):
		return quote + 1, closing(s, quote)
	case s[from] == '{' || s[from] == '[' && !strings.HasPrefix(s[from:], Placeholder):
		return from, len(s)
	}
	known := &e.other
	if json {
		known = &e.json
	}
	*known = max(*known, from)
	for *known < len(s) && !endsValue(s, *known, json) {
		*known++
	}
	return from, *known
}

// closing returns where the quoted text ends that begins at open.
func closing(s string, open int) int {
	inner := open > 0 && s[open-1] == '\\' // the quote itself is: so is its partner
	for i := open + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == s[open] && inner:
			return i
		case s[i] == '\\':
			i++
		case s[i] == s[open]:
			return i
		}
	}
	return len(s)
}

// endsValue reports whether an unquoted value ends at i. A comma ends it when another item follows.
func endsValue(s string, i int, json bool) bool {
	switch c := s[i]; c {
	case '&', '#', '"', '<', '>', '\r', '\n':
		return true
	case ';':
		return !json
	case '}':
		return json
	case ',':
		rest := strings.TrimLeft(s[i+1:min(len(s), i+1+maxName)], " \t")
		end := strings.IndexAny(rest, "=:,;&")
		return end > 0 && (rest[end] == '=' || rest[end] == ':') && plainName(rest[:end]) != "" && !strings.ContainsAny(strings.TrimSpace(rest[:end]), " ")
	}
	return false
}
