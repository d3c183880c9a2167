package query

import "strings"

// Completion is one way to go on with a query.
type Completion struct {
	Text     string // what to put in place of the bytes From to To of the text
	Detail   string // what it means
	From, To int
}

// Complete returns ways to go on at the cursor, a byte offset into s: names of fields and words of the language, or
// values of the field whose name stands before. Inside a quoted text, a regexp or a path there are none.
func Complete(s string, cursor int) []Completion {
	cursor = max(0, min(cursor, len(s)))
	from, ok := tokenStart(s[:cursor])
	if !ok {
		return nil
	}
	token := s[from:cursor]
	if k := strings.IndexAny(token, ":=<>!~"); k >= 0 {
		return completeValue(s, from, k, cursor)
	}
	if strings.ContainsAny(token, `$/.`) {
		return nil
	}
	return completeName(token, from, cursor)
}

// tokenStart returns where the last token of s starts, behind its minus; ok is false inside quotes and regexps.
func tokenStart(s string) (at int, ok bool) {
	var open byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case open != 0:
			if c == '\\' && open != '\'' {
				i++
			} else if c == open {
				open = 0
			}
		case c == '"' || c == '\'' || c == '/' && i == at:
			open = c
		case isSpace(c) || c == '(' || c == ')' || (c == '-' || c == '!') && i == at:
			at = i + 1
		}
	}
	return at, open == 0
}

func completeName(token string, from, to int) (out []Completion) {
	lower := strings.ToLower(token)
	for _, i := range helpOrder {
		if f := &fields[i]; strings.HasPrefix(f.name, lower) {
			text := f.name
			if !f.alone {
				text += ":"
			}
			out = append(out, Completion{text, f.help, from, to})
		}
	}
	if token == "" {
		return out
	}
	for _, w := range words {
		if strings.HasPrefix(w.name, lower) {
			out = append(out, Completion{w.name, w.help, from, to})
		}
	}
	return out
}

var words = [...]named{
	{name: "and", help: "both tests hold; two tests side by side mean the same"},
	{name: "or", help: "one of the tests holds"},
	{name: "not", help: "the test does not hold; a minus means the same"},
	{name: "near:", help: "rows around rows of a test: near:3 op:close"},
	{name: "before:", help: "rows before rows of a test: before:3 op:close"},
	{name: "after:", help: "rows behind rows of a test: after:3 op:close"},
}

// completeValue completes what stands behind the operator at s[from+k].
func completeValue(s string, from, k, cursor int) (out []Completion) {
	f := byName[strings.ToLower(s[from:from+k])]
	if f == nil {
		return nil
	}
	value := strings.TrimLeft(s[from+k:cursor], ":=<>!~")
	value = strings.ToLower(value[strings.LastIndexByte(value, ',')+1:])
	for _, n := range f.names {
		if strings.HasPrefix(n.name, value) || f.field == Lint && strings.Contains(n.name, value) {
			out = append(out, Completion{n.name, n.help, cursor - len(value), cursor})
		}
	}
	if f.class == classFlag {
		for _, v := range [...]string{"1", "0"} {
			if strings.HasPrefix(v, value) {
				out = append(out, Completion{v, "", cursor - len(value), cursor})
			}
		}
	}
	return out
}
