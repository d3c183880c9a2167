package query

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
)

// fakeRow is a row whose fields are in maps, and which counts how often it is asked for its payload.
type fakeRow struct {
	numbers map[Field]int64
	texts   map[Field]string
	payload []byte
	asked   *int
}

func (r fakeRow) Number(f Field) (int64, bool) { n, ok := r.numbers[f]; return n, ok }
func (r fakeRow) Text(f Field) string          { return r.texts[f] }
func (r fakeRow) Payload() []byte {
	if r.asked != nil {
		*r.asked++
	}
	return r.payload
}

// naive says what a query means, row by row, in the plainest way there is: the standard library, no planner, no walk.
func naive(n node, rows []fakeRow, i int) bool {
	r := rows[i]
	switch n := n.(type) {
	case nil:
		return true
	case *allOf:
		for _, k := range n.kids {
			if !naive(k, rows, i) {
				return false
			}
		}
		return true
	case *anyOf:
		for _, k := range n.kids {
			if naive(k, rows, i) {
				return true
			}
		}
		return false
	case *notOf:
		return !naive(n.kid, rows, i)
	case *context:
		for j := range rows {
			d := j - i // the other row is d rows behind
			in := d > 0 && d <= n.count && n.word != "after" || d < 0 && -d <= n.count && n.word != "before" || d == 0 && n.word == "near"
			if in && naive(n.kid, rows, j) {
				return true
			}
		}
		return false
	case *has:
		return r.numbers[n.field.field] != 0 || r.texts[n.field.field] != ""
	case *number:
		return naiveNumber(n, r)
	case *names:
		v, ok := r.numbers[n.field.field]
		if n.field.field == Lint || n.field.field == Is {
			return ok && (uint64(v)&n.mask != 0) != n.not
		}
		return ok && (n.mask&(1<<v) != 0) != n.not
	case *label:
		return naiveLabel(n, r.texts[n.field.field])
	case *text:
		return naiveIn(string(r.payload), n.text) || naiveIn(r.texts[Words], n.text)
	case *bytesIn:
		return strings.Contains(string(r.payload), n.bytes)
	case *pattern:
		return naivePattern(n).Match(r.payload) || r.texts[Words] != "" && naivePattern(n).MatchString(r.texts[Words])
	case *path:
		return withJSON(r.payload, func(b []byte) bool {
			var v any
			return json.Unmarshal(b, &v) == nil && naivePath(n, n.steps, v)
		})
	}
	panic("unknown node")
}

func naivePattern(n *pattern) *regexp.Regexp {
	if n.fold {
		return regexp.MustCompile("(?i)" + n.source)
	}
	return regexp.MustCompile(n.source)
}

func naiveIn(s, text string) bool {
	if strings.ToLower(text) == text {
		s = strings.ToLower(s)
	}
	return strings.Contains(s, text)
}

func naiveNumber(n *number, r fakeRow) bool {
	v, ok := r.numbers[n.field.field]
	if n.field.field == Ratio {
		wire := r.numbers[Wire]
		if wire == 0 {
			return false
		}
		v, ok = int64(math.Round(float64(r.numbers[Len])/float64(wire)*1e6)), true
	}
	if !ok {
		return false
	}
	in := false
	for _, s := range n.spans {
		in = in || v >= s.lo && v <= s.hi
	}
	first := n.spans[0].lo
	return map[op]bool{opIs: in, opNe: !in, opLt: v < first, opLe: v <= first, opGt: v > first, opGe: v >= first}[n.op]
}

func naiveLabel(n *label, s string) bool {
	if s == "" {
		return false
	}
	if n.match != nil {
		return naivePattern(n.match).MatchString(s)
	}
	in, eq := false, false
	for _, t := range n.texts {
		in, eq = in || naiveIn(s, t), eq || s == t
	}
	return map[op]bool{opIs: in, opEq: eq, opNe: !eq}[n.op]
}

func naivePath(n *path, steps []step, v any) bool {
	if len(steps) == 0 {
		return naiveHolds(n, v)
	}
	s, rest := steps[0], steps[1:]
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if (s.kind == stepAny || s.kind == stepName && s.name == k) && naivePath(n, rest, x) {
				return true
			}
		}
	case []any:
		for k, x := range v {
			if (s.kind == stepEach || s.kind == stepIndex && s.index == k) && naivePath(n, rest, x) {
				return true
			}
		}
	}
	return false
}

func naiveHolds(n *path, v any) bool {
	o, want := n.op, n.value
	if o == opNone {
		return true
	}
	str, isText := v.(string)
	num, isNum := v.(float64)
	plain, _ := json.Marshal(v)
	switch want.kind {
	case operandPattern:
		switch v.(type) {
		case map[string]any, []any:
			return false
		}
		return isText && naivePattern(want.match).MatchString(str) || !isText && naivePattern(want.match).Match(plain)
	case operandWord:
		return map[op]bool{opIs: string(plain) == want.text || str == want.text, opEq: string(plain) == want.text, opNe: string(plain) != want.text}[o]
	case operandText:
		return map[op]bool{
			opIs: isText && naiveIn(str, want.text), opEq: isText && str == want.text, opNe: !isText || str != want.text,
			opLt: isText && str < want.text, opLe: isText && str <= want.text, opGt: isText && str > want.text, opGe: isText && str >= want.text,
		}[o]
	case operandNumber:
	}
	x, inText := jsonNumber([]byte(str))
	if isNum {
		x = num
	}
	ok := isNum || inText
	return map[op]bool{
		opIs: isNum && x == want.num || isText && str == want.text, opEq: isNum && x == want.num, opNe: !isNum || x != want.num,
		opLt: ok && x < want.num, opLe: ok && x <= want.num, opGt: ok && x > want.num, opGe: ok && x >= want.num,
	}[o]
}
