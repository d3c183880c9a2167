package query

import (
	"strconv"
	"strings"
)

// step is one step of a path into JSON.
type step struct {
	name  string
	index int
	kind  stepKind
}

type stepKind uint8

const (
	stepName  stepKind = iota
	stepIndex          // [n]
	stepEach           // [*]: any element
	stepAny            // .*: any member
)

func (s step) write(b *strings.Builder) {
	switch s.kind {
	case stepName:
		if s.name != "" && s.name != "*" && !strings.ContainsAny(s.name, pathStops) {
			b.WriteString("." + s.name)
			return
		}
		b.WriteString("[" + strconv.Quote(s.name) + "]")
	case stepIndex:
		b.WriteString("[" + strconv.Itoa(s.index) + "]")
	case stepEach:
		b.WriteString("[*]")
	case stepAny:
		b.WriteString(".*")
	}
}

// pathStops ends a name that is not in quotes.
const pathStops = " \t\r\n.[]()=!<>:~,\"'"

// operand is the value on the right of a path's operator.
type operand struct {
	kind  operandKind
	text  string // as written, without quotes
	num   float64
	match *pattern
}

type operandKind uint8

const (
	operandText operandKind = iota
	operandNumber
	operandWord // true, false, null
	operandPattern
)

func (v operand) write(b *strings.Builder) {
	switch v.kind {
	case operandText:
		b.WriteString(strconv.Quote(v.text))
	case operandNumber, operandWord:
		b.WriteString(v.text)
	case operandPattern:
		v.match.write(b)
	}
}

// path reads a path, which starts with the $ at p.at, and what follows it.
func (p *parser) path() node {
	n := &path{}
	from := p.at
	for p.at++; p.at < len(p.s) && (p.s[p.at] == '.' || p.s[p.at] == '['); {
		if len(n.steps) == maxSteps {
			p.fail(p.at, p.at+1, "more than "+strconv.Itoa(maxSteps)+" steps in a path", "")
			return nil
		}
		n.steps = append(n.steps, p.step())
	}
	if p.err != nil {
		return nil
	}
	name := p.s[from:p.at]
	if p.foreignWord(name, true) {
		return nil
	}
	if n.op = p.operator(); n.op != opNone {
		n.value = p.operand(name, n.op)
	}
	if end := p.wordEnd(p.at); p.err == nil && end != p.at {
		p.fail(p.at, end, "a path goes on with .name, [0] or [*], or with an operator", "such as $.data.price>100")
	}
	return n
}

func (p *parser) step() step {
	if p.s[p.at] == '[' {
		return p.subscript()
	}
	p.at++
	from := p.at
	for p.at < len(p.s) && strings.IndexByte(pathStops, p.s[p.at]) < 0 {
		p.at++
	}
	switch name := p.s[from:p.at]; name {
	case "":
		p.fail(from, from+1, "a member's name is expected behind the dot", "write [\"…\"] for a name with signs in it")
		return step{}
	case "*":
		return step{kind: stepAny}
	default:
		return step{name: name}
	}
}

func (p *parser) subscript() step {
	from := p.at
	p.at++
	var s step
	switch {
	case p.at < len(p.s) && (p.s[p.at] == '"' || p.s[p.at] == '\''):
		s.name = p.quoted()
	case p.sign("*"):
		s.kind = stepEach
	default:
		end := p.at
		for end < len(p.s) && p.s[end] >= '0' && p.s[end] <= '9' {
			end++
		}
		k, err := strconv.ParseUint(p.s[p.at:end], 10, 31)
		if err != nil {
			p.fail(from, max(end, from+1), "a number from 0 up, * or a name in quotes is expected in this bracket", "")
			return s
		}
		s = step{kind: stepIndex, index: int(k)}
		p.at = end
	}
	if p.err == nil && !p.sign("]") {
		p.fail(from, p.at, "] is expected at the end of this step", "")
	}
	return s
}

// operand reads the value behind the operator of a path that is written as name.
func (p *parser) operand(name string, o op) operand {
	from := p.at
	end := p.wordEnd(from)
	switch {
	case o == opMatch:
		if from == len(p.s) || p.s[from] != '/' {
			p.fail(from, end, "a regular expression between slashes is expected behind ~", "")
			return operand{}
		}
		m, _ := p.regexp().(*pattern)
		return operand{kind: operandPattern, match: m}
	case from < len(p.s) && (p.s[from] == '"' || p.s[from] == '\''):
		return operand{text: p.quoted()}
	case from == end:
		p.fail(from, from, "a value is expected behind "+opText[o], "a number, a text, true, false or null")
		return operand{}
	}
	p.at = end
	v := operand{text: p.s[from:end]}
	p.possibleOperand(name, o, v.text, from, end)
	if v.text == "true" || v.text == "false" || v.text == "null" {
		if v.kind = operandWord; o.orders() {
			p.fail(from, end, v.text+" has no order", "use = or !=")
		}
		return v
	}
	if x, ok := jsonNumber([]byte(v.text)); ok {
		v.kind, v.num = operandNumber, x
	}
	return v
}

// jsonNumber reads a number as RFC 8259 §6 writes it, leading zeros forgiven.
func jsonNumber(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > 400 {
		return 0, false
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(string(b), 64)
	return x, err == nil
}
