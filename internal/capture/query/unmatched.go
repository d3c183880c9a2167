package query

import (
	"slices"
	"strings"
)

// This file finds what other query languages would understand and this one would take for texts to search for: the query
// would be valid and match nothing. Each finding is an [Error] with the spelling that was probably meant.

const quoteHint = "put it in quotes to search for it"

// foreignSigns are operators of other languages, the longest first, and what they are here.
var foreignSigns = [...]struct{ sign, here string }{
	{"===", "="}, {"!==", "!="}, {"=>", ">="}, {"=<", "<="}, {"<>", "!="}, {"=~", "~"}, {"!~", "not … ~"}, {"=!", "!="}, {"><", "!="},
}

// foreignSign fails at an operator of another language.
func (p *parser) foreignSign() bool {
	for _, f := range foreignSigns {
		if strings.HasPrefix(p.s[p.at:], f.sign) {
			p.fail(p.at, p.at+len(f.sign), "“"+f.sign+"” is not an operator", "did you mean "+f.here+"?")
			return true
		}
	}
	return false
}

// foreignWords are operators of other languages that are words, and what they are here; in is a list.
var foreignWords = map[string]string{
	"in": "", "not in": "", "contains": ":", "includes": ":", "matches": "~", "like": "~", "eq": "=", "equals": "=", "ne": "!=", "gt": ">", "lt": "<", "ge": ">=", "le": "<=",
	"between": ":",
}

// foreignWord fails when a word that other languages have for an operator stands behind a field or path, name, whose text
// ends at p.at. "in" counts only before a list: it is a word that people search for.
func (p *parser) foreignWord(name string, isPath bool) bool {
	rest := strings.TrimLeft(p.s[p.at:], spaces)
	from := len(p.s) - len(rest)
	word, rest := cutWord(rest)
	word = strings.ToLower(word)
	if second, behind := cutWord(strings.TrimLeft(rest, spaces)); word == "not" && strings.EqualFold(second, "in") {
		word, rest = "not in", behind
	}
	here, found := foreignWords[word]
	values := strings.TrimLeft(rest, spaces)
	if !found || from == p.at || here == "" && !startsList(values) {
		return false
	}
	end := len(p.s) - len(rest)
	p.fail(from, end, "“"+p.s[from:end]+"” is not an operator", "did you mean "+foreignMeaning(name, here, word, values, isPath)+"? To search for the words, put them in quotes")
	return true
}

// startsList reports whether values begin with a bracket, or with a word of several values.
func startsList(values string) bool {
	first, _ := cutWord(values)
	return strings.HasPrefix(values, "(") || strings.HasPrefix(values, "[") || first != "" && isList(first)
}

const spaces = " \t\r\n"

// cutWord cuts the first word off s.
func cutWord(s string) (word, rest string) {
	end := (&parser{s: s}).wordEnd(0)
	return s[:end], s[end:]
}

// foreignMeaning is a test in this language for an operator that is a word, with its value where it can be read.
func foreignMeaning(name, here, word, values string, isPath bool) string {
	value, _ := cutWord(values)
	if value == "" {
		value = "…"
	}
	switch {
	case here == "":
		return listMeaning(name, values, word == "not in", isPath)
	case word == "between" && isPath:
		return name + ">=… " + name + "<=…"
	case word == "between":
		return name + ":…..…"
	case here == "~" && value[0] != '/':
		return name + "~/" + value + "/"
	}
	return name + here + value
}

// listMeaning is a test for "in (…)" or "not in (…)".
func listMeaning(name, values string, not, isPath bool) string {
	list := valuesOf(values)
	switch {
	case isPath && not:
		return "not " + alternatives(name, ":", list)
	case isPath:
		return alternatives(name, ":", list)
	}
	o := ":"
	if not {
		o = "!="
	}
	for i, v := range list {
		list[i] = strings.TrimSpace(v)
	}
	return name + o + strings.Join(list, ",")
}

// valuesOf returns the values of a list as other languages write it: (1, 2), [1, 2] or 1,2.
func valuesOf(s string) []string {
	switch s[0] {
	case '(':
		s, _, _ = strings.Cut(s[1:], ")")
	case '[':
		s, _, _ = strings.Cut(s[1:], "]")
	default:
		s, _ = cutWord(s)
	}
	return strings.Split(s, ",")
}

// alternatives joins tests of one path with or.
func alternatives(name, o string, values []string) string {
	tests := make([]string, 0, len(values))
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			tests = append(tests, name+o+v)
		}
	}
	if len(tests) == 0 {
		return name + o + "…"
	}
	return "(" + strings.Join(tests, " or ") + ")"
}

// lonelySign fails at a word that consists of signs of an operator: nothing before it is a field.
func (p *parser) lonelySign() bool {
	from, end := p.at, p.wordEnd(p.at)
	word := p.s[from:end]
	switch {
	case word == "|":
		p.fail(from, end, "“|” is not an operator", "did you mean or? Else "+quoteHint)
	case word == "&":
		p.fail(from, end, "“&” is not an operator", "did you mean and? Else "+quoteHint)
	case word == "" || strings.Trim(word, ":=<>!~") != "":
		return false
	default:
		p.fail(from, end, "there is no field before “"+word+"”", p.lonelyHint(word, from, end))
	}
	return true
}

// lonelyHint makes a test of the words around an operator that stands alone: of a field when it is one, else of a member.
func (p *parser) lonelyHint(word string, from, end int) string {
	before := strings.TrimRight(p.s[:from], spaces)
	name := before[strings.LastIndexAny(before, " \t\r\n()")+1:]
	q := parser{s: name}
	if q.identifier(); name == "" || q.at != len(name) {
		return quoteHint
	}
	value, _ := cutWord(strings.TrimLeft(p.s[end:], spaces))
	if value == "" {
		value = "…"
	}
	if byName[strings.ToLower(name)] == nil {
		name = "$." + name
	}
	return "did you mean " + name + word + value + "? Else " + quoteHint
}

// greatest is the greatest number that a field can have by what it is, where that is less than what a query can say.
func (f Field) greatest() (n int64, ok bool) {
	switch f { //nolint:exhaustive // the others have no such limit
	case Code:
		return 1<<16 - 1, true
	case Rsv:
		return 7, true
	}
	return 0, false
}

// possible fails when no row can have a number that the operator and span ask for.
func (p *parser) possible(f *info, o op, s span, from int) {
	most, limited := f.field.greatest()
	switch {
	case p.err != nil:
	case o == opLt && s.lo == 0:
		p.fail(from, p.at, f.name+" is never under 0", "did you mean "+f.name+":0?")
	case limited && (s.lo > most && o != opNe && o != opLt && o != opLe || s.lo == most && o == opGt):
		p.fail(from, p.at, f.name+" is at most "+f.format(most), f.expected())
	}
}

// possibleOperand fails when an unquoted value of a path is a span or list, which a field of the language would take.
func (p *parser) possibleOperand(path string, o op, v string, from, end int) {
	lo, hi, isSpan := strings.Cut(v, "..")
	_, loNumber := jsonNumber([]byte(lo))
	_, hiNumber := jsonNumber([]byte(hi))
	switch {
	case isSpan && loNumber && hiNumber:
		p.fail(from, end, "a path takes one value, not a span", "did you mean "+path+">="+lo+" "+path+"<="+hi+"? To look for the text, put it in quotes")
	case isSpan && loNumber && hi == "":
		p.fail(from, end, "a path takes one value, not a span", "did you mean "+path+">="+lo+"? To look for the text, put it in quotes")
	case isSpan && hiNumber && lo == "":
		p.fail(from, end, "a path takes one value, not a span", "did you mean "+path+"<="+hi+"? To look for the text, put it in quotes")
	case isList(v):
		p.fail(from, end, "a path takes one value, not a list", "did you mean "+alternatives(path, opText[o], valuesOf(v))+"? To look for the text, put it in quotes")
	case strings.IndexByte("<>=~", v[0]) >= 0:
		p.fail(from, end, "a value cannot start with “"+v[:1]+"” unless it is in quotes", "did you mean "+path+v+"?")
	}
}

// isList reports whether v is values with commas between.
func isList(v string) bool {
	return strings.Contains(v, ",") && !slices.Contains(strings.Split(v, ","), "")
}
