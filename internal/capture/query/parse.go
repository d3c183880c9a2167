package query

import (
	"strconv"
	"strings"
)

// Limits of a query. Each gives an [Error] that names it.
const (
	maxLength  = 4096 // bytes of text
	maxDepth   = 64   // brackets, nots and contexts inside one another
	maxTests   = 128  // fields, paths, regexps and texts
	maxList    = 64   // values with commas between
	maxPattern = 1000 // bytes of a regexp
	maxSteps   = 32   // of a path
	maxNear    = 1000 // rows of a context
	maxNears   = 8    // contexts
	near       = 5    // rows of a context without a number
)

// Parse reads a query. The empty text is the query that shows every row. The error is an [*Error].
func Parse(s string) (*Query, error) {
	p := &parser{s: s}
	root := p.query()
	if p.err != nil {
		return nil, p.err
	}
	q := compile(root)
	if q.ctx != nil && q.ctx.tooMany() {
		return nil, &Error{End: len(s), Message: "too many brackets around near, before and after", Hint: "write the query with fewer"}
	}
	return q, nil
}

// parser goes over the text once. After the first error it stands at the end, so that everything returns.
type parser struct {
	s                   string
	at                  int
	depth, tests, nears int
	inContext           bool
	err                 *Error
}

// fail notes the first error, about the bytes from offset to end.
func (p *parser) fail(offset, end int, message, hint string) {
	if p.err == nil {
		p.err = &Error{Offset: offset, End: max(offset, end), Message: message, Hint: hint}
	}
	p.at = len(p.s)
}

func (p *parser) query() node {
	if len(p.s) > maxLength {
		p.fail(maxLength, len(p.s), "the query is longer than "+strconv.Itoa(maxLength)+" bytes", "")
		return nil
	}
	if p.space(); p.at == len(p.s) {
		return nil
	}
	n := p.or()
	if p.at < len(p.s) {
		p.fail(p.at, p.at+1, "this bracket closes nothing", "leave it out, or put it in quotes to search for it")
	}
	return n
}

func (p *parser) or() node {
	kids := []node{p.and()}
	for p.word("or") || p.sign("||") {
		kids = append(kids, p.and())
	}
	return join(kids, func(n node) []node {
		if n, ok := n.(*anyOf); ok {
			return n.kids
		}
		return nil
	}, func(kids []node) node { return &anyOf{kids} })
}

func (p *parser) and() node {
	kids := []node{p.unary()}
	for p.word("and") || p.sign("&&") || p.more() {
		kids = append(kids, p.unary())
	}
	return join(kids, func(n node) []node {
		if n, ok := n.(*allOf); ok {
			return n.kids
		}
		return nil
	}, func(kids []node) node { return &allOf{kids} })
}

// join makes one node of kids, and takes kids of the same sort apart so that there is one tree for one meaning.
func join(kids []node, inside func(node) []node, wrap func([]node) node) node {
	var flat []node
	for _, k := range kids {
		if in := inside(k); in != nil {
			flat = append(flat, in...)
			continue
		}
		flat = append(flat, k)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return wrap(flat)
}

// more reports whether another test follows without a word between.
func (p *parser) more() bool {
	p.space()
	return p.at < len(p.s) && p.s[p.at] != ')' && !p.sees("or") && !strings.HasPrefix(p.s[p.at:], "||")
}

func (p *parser) unary() node {
	p.space()
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, p.at+1, "more than "+strconv.Itoa(maxDepth)+" brackets and nots inside one another", "")
	}
	defer func() { p.depth-- }()
	from := p.at
	switch {
	case p.at == len(p.s):
		p.fail(p.at, p.at, "a test is expected here", "such as dir:in, len>1k or a word to search for")
		return nil
	case p.word("not") || p.sign("-") || p.sign("!"):
		return &notOf{p.unary()}
	case p.sees("or") || p.sees("and"):
		p.fail(from, p.wordEnd(from), "a test is expected before “"+p.s[from:p.wordEnd(from)]+"”", "put the word in quotes to search for it")
		return nil
	}
	for _, w := range [...]string{"near", "before", "after"} {
		if p.sees(w) {
			return p.context(w)
		}
	}
	return p.primary()
}

func (p *parser) primary() node {
	from := p.at
	if p.tests++; p.tests > maxTests {
		p.fail(from, from+1, "more than "+strconv.Itoa(maxTests)+" tests in one query", "")
		return nil
	}
	switch c := p.s[p.at]; c {
	case '(':
		p.tests--
		return p.bracket()
	case ')':
		p.fail(from, from+1, "a test is expected before this bracket", "")
		return nil
	case '"', '\'':
		return &text{p.quoted()}
	case '/':
		return p.regexp()
	case '$':
		return p.path()
	}
	if n := p.fieldTest(); n != nil || p.err != nil {
		return n
	}
	if p.lonelySign() {
		return nil
	}
	end := p.wordEnd(p.at)
	p.at = end
	return &text{p.s[from:end]}
}

func (p *parser) bracket() node {
	from := p.at
	p.at++
	n := p.or()
	if p.err != nil {
		return nil
	}
	if p.at == len(p.s) {
		p.fail(from, from+1, "this bracket is never closed", "put ) behind its last test")
		return nil
	}
	p.at++
	return n
}

// context reads near, before or after, whose word is at p.at.
func (p *parser) context(word string) node {
	from := p.at
	if p.at += len(word); p.inContext {
		p.fail(from, p.at, word+" cannot stand inside near, before or after", "")
		return nil
	}
	if p.nears++; p.nears > maxNears {
		p.fail(from, p.at, "more than "+strconv.Itoa(maxNears)+" of near, before and after", "")
		return nil
	}
	n := &context{word: word, count: near}
	if p.at < len(p.s) && p.s[p.at] == ':' {
		p.at++
		if n.kid = p.count(word, &n.count); n.kid != nil || p.err != nil {
			return n
		}
	}
	p.inContext = true
	n.kid = p.unary()
	p.inContext = false
	return n
}

// count reads how many rows a context has. near:close is short for near op:close.
func (p *parser) count(word string, count *int) node {
	from, end := p.at, p.wordEnd(p.at)
	p.at = end
	value := p.s[from:end]
	for _, n := range fields[Op].names {
		if n.name == value {
			p.tests++
			return &names{field: &fields[Op], texts: []string{n.name}, mask: n.mask}
		}
	}
	k, err := strconv.ParseUint(value, 10, 32)
	if err != nil || k < 1 || k > maxNear {
		p.fail(from, end, "a number of rows from 1 to "+strconv.Itoa(maxNear)+" is expected", "such as "+word+":3 op:close")
		return nil
	}
	*count = int(k)
	return nil
}
