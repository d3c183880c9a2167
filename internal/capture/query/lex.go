package query

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (p *parser) space() {
	for p.at < len(p.s) && isSpace(p.s[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// wordEnd returns the end of the word that starts at i: the next white space or round bracket.
func (p *parser) wordEnd(i int) int {
	for i < len(p.s) && !isSpace(p.s[i]) && p.s[i] != '(' && p.s[i] != ')' {
		i++
	}
	return i
}

// sees reports whether one of the language's words stands here, small or in capitals: not as the start of another word,
// and not as the name of something.
func (p *parser) sees(word string) bool {
	rest := p.s[p.at:]
	if len(rest) < len(word) || rest[:len(word)] != word && rest[:len(word)] != strings.ToUpper(word) {
		return false
	}
	if rest = rest[len(word):]; rest == "" || isSpace(rest[0]) || rest[0] == '(' || rest[0] == ')' {
		return true
	}
	return rest[0] == ':' && (word == "near" || word == "before" || word == "after")
}

// word takes a word of the language.
func (p *parser) word(word string) bool {
	p.space()
	if !p.sees(word) {
		return false
	}
	p.at += len(word)
	return true
}

// sign takes a sign of the language.
func (p *parser) sign(sign string) bool {
	p.space()
	if !strings.HasPrefix(p.s[p.at:], sign) {
		return false
	}
	p.at += len(sign)
	return true
}

// operator takes an operator, with space around it where it is not ":".
func (p *parser) operator() op {
	from := p.at
	if p.space(); p.foreignSign() {
		return opNone
	}
	for _, o := range [...]struct {
		text string
		op   op
	}{{":", opIs}, {"==", opEq}, {"=", opEq}, {"!=", opNe}, {"<=", opLe}, {"<", opLt}, {">=", opGe}, {">", opGt}, {"~", opMatch}} {
		if !strings.HasPrefix(p.s[p.at:], o.text) || o.op == opIs && p.at != from {
			continue
		}
		p.at += len(o.text)
		if o.op != opIs {
			p.space()
		}
		return o.op
	}
	p.at = from
	return opNone
}

// identifier takes a name: a letter, then letters, digits and underscores.
func (p *parser) identifier() string {
	from := p.at
	for p.at < len(p.s) {
		c := p.s[p.at] | 0x20
		if ('a' > c || c > 'z') && (p.at == from || ('0' > p.s[p.at] || p.s[p.at] > '9') && p.s[p.at] != '_') {
			break
		}
		p.at++
	}
	return p.s[from:p.at]
}

// quoted reads a text in quotes: double ones with Go's escapes, single ones as it stands.
func (p *parser) quoted() string {
	from := p.at
	quote := p.s[from]
	for i := from + 1; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			if quote == '"' {
				i++
			}
		case quote:
			p.at = i + 1
			if quote == '\'' {
				return p.s[from+1 : i]
			}
			return p.unquoted(from, i+1)
		}
	}
	p.fail(from, len(p.s), "this quote is never closed", "")
	return ""
}

func (p *parser) unquoted(from, end int) string {
	out, err := strconv.Unquote(p.s[from:end])
	if err != nil {
		p.fail(from, end, "a wrong escape in this text", `write \\ for a backslash and \" for a quote, or use single quotes`)
	}
	return out
}

// regexp reads /…/ or /…/i.
func (p *parser) regexp() node {
	from := p.at
	end := from + 1
	for end < len(p.s) && p.s[end] != '/' {
		if p.s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.s) {
		p.fail(from, len(p.s), "this regular expression is never closed", "put / behind it, or put the text in quotes to search for it")
		return nil
	}
	n := &pattern{source: p.s[from+1 : end]}
	p.at = end + 1
	if p.at < len(p.s) && p.s[p.at] == 'i' {
		n.fold = true
		p.at++
	}
	if stop := p.wordEnd(p.at); stop != p.at {
		p.fail(p.at, stop, "only i may stand behind a regular expression", `write \/ for a / in it, or put the text in quotes to search for it`)
		return nil
	}
	p.compilePattern(n, from+1, end)
	return n
}

func (p *parser) compilePattern(n *pattern, from, end int) {
	source := n.source
	switch {
	case source == "":
		p.fail(from-1, end+1, "this regular expression is empty", "")
		return
	case len(source) > maxPattern:
		p.fail(from, end, "the regular expression is longer than "+strconv.Itoa(maxPattern)+" bytes", "")
		return
	case !utf8.ValidString(source):
		p.fail(from, end, "the regular expression is not UTF-8", `write \xNN for a byte`)
		return
	}
	if n.fold {
		source = "(?i)" + source
	}
	re, err := regexp.Compile(source)
	if err != nil {
		p.fail(from, end, strings.TrimPrefix(err.Error(), "error parsing regexp: "), "the syntax is RE2's")
		return
	}
	n.re = re
}
