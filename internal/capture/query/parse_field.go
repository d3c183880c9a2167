package query

import (
	"cmp"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// fieldTest reads a test of a field. It returns nil without an error, and takes nothing, where there is just a word.
func (p *parser) fieldTest() node {
	from := p.at
	name := p.identifier()
	nameEnd := p.at
	f := byName[strings.ToLower(name)]
	if name == "" || f == nil && p.at < len(p.s) && isSpace(p.s[p.at]) {
		p.at = from
		return nil
	}
	if f != nil && p.foreignWord(f.name, false) {
		return nil
	}
	o := p.operator()
	switch {
	case p.err != nil:
		return nil
	case o == opNone && f != nil && f.alone && p.wordEnd(nameEnd) == nameEnd:
		p.at = nameEnd
		return &has{f}
	case o == opNone:
		p.at = from
		return nil
	case f == nil:
		hint := p.fieldHint(name, nameEnd)
		p.fail(from, nameEnd, "unknown field “"+name+"”", hint)
		return nil
	}
	return p.fieldValue(f, o)
}

// fieldValue reads what stands behind the operator.
func (p *parser) fieldValue(f *info, o op) node {
	if o == opMatch && f.class != classText {
		p.fail(p.at-1, p.at, f.name+" cannot be matched with a regular expression", f.expected())
		return nil
	}
	if o.orders() && (f.class == classNames || f.class == classText || f.class == classHex || f.class == classFlag) {
		p.fail(p.at-len(opText[o]), p.at, f.name+" has no order", "use : or !=")
		return nil
	}
	switch f.class {
	case classNames:
		return p.namedValues(f, o)
	case classText:
		return p.labelValues(f, o)
	case classHex:
		return p.hexValue(o)
	case classFlag, classNumber, classSize, classDuration, classRatio, classClock:
	}
	return p.numbers(f, o)
}

// value takes one value of a list, in quotes or up to the next comma.
func (p *parser) value(f *info) (string, int) {
	from := p.at
	if p.at < len(p.s) && (p.s[p.at] == '"' || p.s[p.at] == '\'') {
		return p.quoted(), from
	}
	end := p.wordEnd(from)
	if k := strings.IndexByte(p.s[from:end], ','); k >= 0 {
		end = from + k
	}
	if end == from {
		p.fail(from, from, f.name+" needs a value", f.expected())
	}
	p.at = max(p.at, end)
	return p.s[from:end], from
}

// list calls each for the values with commas between, at most maxList of them.
func (p *parser) list(f *info, each func(value string, from int)) {
	for n := 0; ; n++ {
		if n == maxList {
			p.fail(p.at, p.at, "more than "+strconv.Itoa(maxList)+" values", "")
			return
		}
		v, from := p.value(f)
		if p.err != nil {
			return
		}
		each(v, from)
		if p.at >= len(p.s) || p.s[p.at] != ',' {
			if end := p.wordEnd(p.at); end != p.at {
				p.fail(p.at, end, "a comma or a space is expected behind the value", "")
			}
			return
		}
		p.at++
	}
}

func (p *parser) namedValues(f *info, o op) node {
	n := &names{field: f, not: o == opNe}
	p.list(f, func(v string, from int) {
		name, mask := f.named(strings.ToLower(v))
		if mask == 0 {
			p.fail(from, p.at, f.name+" is never “"+v+"”", f.nameHint(strings.ToLower(v)))
			return
		}
		n.texts, n.mask = append(n.texts, name), n.mask|mask
	})
	return n
}

// named returns the value called v. An opcode may be a number, a rule any words of its name.
func (f *info) named(v string) (string, uint64) {
	for _, n := range f.names {
		if n.name == v {
			return n.name, n.mask
		}
	}
	if f.field == Lint {
		return f.rules(v)
	}
	if k, err := strconv.ParseUint(v, 0, 8); err == nil && k < 16 && f.field == Op {
		return strconv.FormatUint(k, 10), 1 << k
	}
	return "", 0
}

func (f *info) rules(v string) (string, uint64) {
	var mask uint64
	for _, n := range f.names {
		if len(v) > 1 && strings.Contains(n.name, v) && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" {
			mask |= n.mask
		}
	}
	return v, mask
}

func (p *parser) labelValues(f *info, o op) node {
	n := &label{field: f, op: o}
	if o == opMatch {
		if p.at >= len(p.s) || p.s[p.at] != '/' {
			p.fail(p.at, p.wordEnd(p.at), "a regular expression between slashes is expected behind ~", "")
			return nil
		}
		n.match, _ = p.regexp().(*pattern)
		return n
	}
	p.list(f, func(v string, _ int) { n.texts = append(n.texts, v) })
	return n
}

func (p *parser) hexValue(o op) node {
	if o != opIs {
		p.fail(p.at-1, p.at, "hex can only be looked for", "write hex:cafe")
		return nil
	}
	v, from := p.value(&fields[Hex])
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "0x", "", "0X", "").Replace(v))
	if p.err == nil && (err != nil || len(b) == 0) {
		p.fail(from, p.at, "pairs of hexadecimal digits are expected", "such as hex:cafe00 or hex:\"ca fe\"")
	}
	if end := p.wordEnd(p.at); p.err == nil && end != p.at {
		p.fail(p.at, end, "a space is expected behind the value", "")
	}
	return &bytesIn{string(b)}
}

// numbers reads numbers and spans of numbers. What has an order takes one number.
func (p *parser) numbers(f *info, o op) node {
	n := &number{field: f, op: o}
	if o == opEq {
		n.op = opIs
	}
	p.list(f, func(v string, from int) {
		lo, hi, isSpan := strings.Cut(v, "..")
		if isSpan && (lo == "") != (hi == "") {
			p.fail(from, p.at, "this span lacks an end", f.spanHint(lo, hi))
			return
		}
		s := span{lo: p.number(f, lo, from)}
		s.hi = s.lo
		if isSpan {
			s.hi = p.number(f, hi, from+len(lo)+2)
		}
		if p.err == nil && s.hi < s.lo {
			p.fail(from, p.at, "the end of this span is before its start", "did you mean "+f.name+":"+hi+".."+lo+"?")
		}
		if f.class == classClock && p.err == nil {
			_, last, _ := strings.Cut(v, "..")
			s = clocks(s, cmp.Or(last, lo), o)
		}
		p.possible(f, o, s, from)
		n.spans = append(n.spans, s)
		if o.orders() && (isSpan || len(n.spans) > 1) {
			p.fail(from, p.at, opText[o]+" takes one number", "use : for lists and spans")
		}
	})
	return n
}

func (p *parser) number(f *info, v string, from int) int64 {
	n, ok := f.number(strings.ToLower(v))
	if !ok {
		p.fail(from, from+len(v), "“"+v+"” is not a value of "+f.name, f.numberHint(v))
	}
	return n
}

func (f *info) number(v string) (int64, bool) {
	switch f.class {
	case classFlag:
		switch v {
		case "1", "true", "yes", "on", "set":
			return 1, true
		case "0", "false", "no", "off":
			return 0, true
		}
		return 0, false
	case classSize:
		return measure(v, sizeUnits, 1)
	case classDuration:
		if n, ok := measure(v, durationUnits, 1); ok && (v == "0" || !isNumber(v)) {
			return n, true
		}
		return 0, false
	case classRatio:
		if !isNumber(v) {
			return 0, false
		}
		x, err := strconv.ParseFloat(v, 64)
		x = math.Round(x * ratioUnit)
		return int64(x), err == nil && x < 1<<50
	case classClock:
		s, ok := parseClock(v)
		return s.lo, ok
	case classNumber:
		if conn, ok := record.PeerConnNamed(v); ok && f.field == Conn {
			return int64(conn), true
		}
	case classNames, classText, classHex:
	}
	n, err := strconv.ParseInt(v, 0, 64)
	return n, err == nil && n >= 0
}
