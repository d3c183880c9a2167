package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/suggest"
)

// fieldWords are names that people try for a field, which misspell none.
var fieldWords = map[string]Field{
	"close": Code, "closecode": Code, "close_code": Code, "status": Code, "statuscode": Code, "error": Code, "type": Op, "frame": Op, "message_type": Op, "from": Dir,
	"to": Dir, "sender": Dir, "side": By, "closedby": By, "uri": Path, "endpoint": Path, "target": Path, "server": Host, "domain": Host, "pid": App, "client": App, "origin": App, "tab": App, "bytes": Len, "payloadlen": Len,
	"ping": RTT, "duration": Latency, "connid": Conn, "connection_id": Conn, "id": Seq, "number": Seq, "row": Seq, "masked": Mask, "deflate": Compressed,
	"event": Kind, "comment": Note, "fault": Is, "rule": Lint, "invalid": Lint, "gap": Delta,
}

// fieldHint suggests a test in place of one of an unknown field, whose operator starts at p.s[at].
func (p *parser) fieldHint(name string, at int) string {
	rest := p.s[at:p.wordEnd(at)]
	lower := strings.ToLower(name)
	var tries []string
	if f, known := fieldWords[lower]; known {
		tries = append(tries, fields[f].name+rest)
	}
	if like := suggest.Closest(lower, slices.Sorted(maps.Keys(byName))); like != "" {
		tries = append(tries, byName[like].name+rest)
	}
	if _, opcode := fields[Op].named(lower); opcode != 0 {
		tries = append(tries, "op:"+lower)
	}
	for _, try := range tries {
		if valid(try) {
			return "did you mean " + try + "?"
		}
	}
	switch {
	case len(tries) > 0:
		q := parser{s: tries[0]}
		return "did you mean " + q.identifier() + "?"
	case !strings.HasPrefix(rest, "://") && valid("$."+name+rest):
		return "did you mean $." + name + rest + "? To search for the text, put it in quotes"
	}
	return "put the text in quotes to search for it"
}

// numberHint suggests what was meant by a value that is no number of the field.
func (f *info) numberHint(v string) string {
	is := func(v string) bool {
		_, ok := f.number(strings.ToLower(v))
		return ok
	}
	lo, hi, _ := strings.Cut(v, "-")
	digits := strings.TrimLeft(v, "<>=!")
	sign := v[:len(v)-len(digits)]
	least := strings.TrimSuffix(v, "+")
	switch _, isDuration := fields[At].number(strings.ToLower(v)); {
	case f.barred(v, is) != "":
		return "did you mean " + f.barred(v, is) + "?"
	case f.field == Clock && isDuration:
		return "did you mean at:" + v + "?"
	case is(lo) && is(hi):
		return "did you mean " + f.name + ":" + lo + ".." + hi + "?"
	case is(digits) && slices.Contains(opText[:], sign):
		return "did you mean " + f.name + v + "?"
	case is(least):
		return "did you mean " + f.name + ">=" + least + "?"
	}
	return f.expected()
}

// spanHint suggests a comparison for a span that lacks an end: "5.." or "..5".
func (f *info) spanHint(lo, hi string) string {
	if _, ok := f.number(strings.ToLower(lo + hi)); !ok {
		return f.expected()
	}
	if lo == "" {
		return "did you mean " + f.name + "<=" + hi + "?"
	}
	return "did you mean " + f.name + ">=" + lo + "?"
}

// valid reports whether s is a test of a field or path.
func valid(s string) bool {
	p := parser{s: s}
	_, isText := p.primary().(*text)
	return p.err == nil && p.at == len(s) && !isText
}

// nameWords are values that people try, which misspell none.
var nameWords = map[Field]map[string]string{
	Dir: {
		"up": "out", "upstream": "out", "sent": "out", "send": "out", "client": "out", "c2s": "out", "tx": "out", "request": "out", "outgoing": "out", "outbound": "out",
		"down": "in", "downstream": "in", "received": "in", "receive": "in", "recv": "in", "server": "in", "s2c": "in", "rx": "in", "response": "in", "incoming": "in",
		"inbound": "in", "both": "in,out", "any": "in,out",
	},
	Op: {
		"txt": "text", "string": "text", "utf8": "text", "blob": "binary", "bytes": "binary", "continuation": "cont", "message": "data", "msg": "data", "end": "close",
	},
	Kind: {"handshake": "request,response", "open": "response", "error": "broken", "message": "frame", "disconnect": "close"},
	Leg:  {"server": "upstream", "target": "upstream", "browser": "client", "downstream": "client"},
	By:   {"me": "client", "browser": "client", "peer": "server", "remote": "server", "target": "server", "nobody": "none"},
}

func (f *info) nameHint(v string) string {
	all := make([]string, len(f.names))
	for i, n := range f.names {
		all[i] = n.name
	}
	like := nameWords[f.field][v]
	if list := f.barred(v, func(v string) bool { _, mask := f.named(v); return mask != 0 }); list != "" {
		return "did you mean " + list + "?"
	}
	if like == "" {
		like = suggest.Closest(v, all)
	}
	if like != "" {
		return "did you mean " + f.name + ":" + like + "?"
	}
	if f.field == Lint {
		return "such as masked, utf-8 or " + all[0]
	}
	return f.expected()
}

// barred makes a list of values that stand between bars, each perhaps behind the field again, as in op:text|op:ping; "" when v is none.
func (f *info) barred(v string, is func(string) bool) string {
	list := strings.FieldsFunc(v, func(c rune) bool { return c == '|' })
	for i, one := range list {
		if list[i] = strings.TrimPrefix(one, f.name+":"); !is(list[i]) {
			return ""
		}
	}
	if len(list) < 2 {
		return ""
	}
	return f.name + ":" + strings.Join(list, ",")
}
