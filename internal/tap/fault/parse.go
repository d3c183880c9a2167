package fault

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
)

// Parse parses the text form of a ruleset. Its errors are *Error.
func Parse(text string) (*Ruleset, error) {
	if len(text) > MaxText {
		return nil, &Error{1, 1, "the rules have more than " + strconv.Itoa(MaxText) + " bytes", "leave some rules out"}
	}
	rs := &Ruleset{}
	for i, raw := range strings.Split(text, "\n") {
		l := line{text: strings.TrimRight(raw, "\r"), number: i + 1}
		if err := l.read(rs); err != nil {
			return nil, err
		}
	}
	return rs, nil
}

// line is the line that is parsed.
type line struct {
	text   string
	number int
}

// fail returns an error at a byte of the line.
func (l *line) fail(at int, message, hint string) error {
	return &Error{l.number, at + 1, message, hint}
}

func (l *line) read(rs *Ruleset) error {
	body := strings.TrimSpace(l.text)
	switch {
	case body == "" || body[0] == '#':
		return nil
	case !strings.Contains(body, "=>") && strings.HasPrefix(body, "seed"):
		number, _, _ := strings.Cut(body[len("seed"):], "#")
		seed, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		if err != nil {
			return l.fail(strings.Index(l.text, "seed"), "a seed is a whole number", "seed 42")
		}
		rs.Seed = seed
		return nil
	}
	arrow := arrowOf(l.text)
	if arrow < 0 {
		return l.fail(0, "a rule is a condition, => and an action", "dir:in op:text => delay 200ms")
	}
	if len(rs.Rules) == MaxRules {
		return l.fail(0, "a ruleset has at most "+strconv.Itoa(MaxRules)+" rules", "")
	}
	when, err := l.when(l.text[:arrow])
	if err != nil {
		return err
	}
	r := Rule{When: when, Chance: 1}
	action := l.action
	if l.rewrites(arrow + 2) {
		action = l.rewriting
	}
	if err := action(&r, arrow+2); err != nil {
		return err
	}
	if err := fits(r); err != nil {
		return l.fail(arrow+2, err.Error(), "")
	}
	rs.Rules = append(rs.Rules, r)
	return nil
}

// arrowOf returns where the arrow of a rule is: the last one that an action follows, since both sides may contain an arrow
// inside a text. When no action follows any arrow, it is the last one. What a rewriting action writes may contain an arrow and an action:
// the first arrow of such an action counts when what stands before it has no open quote.
func arrowOf(text string) int {
	for at := 0; ; {
		i := strings.Index(text[at:], "=>")
		if i < 0 {
			break
		}
		at += i
		if l := (line{text: text}); l.rewrites(at+2) && strings.Count(text[:at], `"`)%2 == 0 {
			return at
		}
		at += 2
	}
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], "=>")
		if at < 0 {
			return strings.LastIndex(text, "=>")
		}
		if words := strings.Fields(text[at+2:]); len(words) > 0 && actionNamed(words[0]) != 0 {
			return at
		}
		end = at
	}
}

// when parses the condition before the arrow.
func (l *line) when(text string) (When, error) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && words[0] == "handshake":
		return When{Trigger: Handshake, In: true, Out: true}, nil
	case len(words) == 2 && words[0] == "handshake" && (words[1] == "in" || words[1] == "out"):
		return When{Trigger: Handshake, In: words[1] == "in", Out: words[1] == "out"}, nil
	case len(words) >= 2 && (words[0] == "every" || words[0] == "after"):
		return l.timed(words)
	}
	at := len(text) - len(strings.TrimLeft(text, " \t"))
	q, err := query.Parse(strings.TrimSpace(text))
	if err != nil {
		var bad *query.Error
		if errors.As(err, &bad) {
			return When{}, l.fail(at+bad.Offset, bad.Message, bad.Hint)
		}
		return When{}, l.fail(at, err.Error(), "")
	}
	if q.HasContext() {
		return When{}, l.fail(at, "near, before and after need frames that have not arrived yet", "use tests of the frame itself")
	}
	return When{Query: q}, nil
}

func (l *line) timed(words []string) (When, error) {
	w := When{Trigger: Every, In: true, Out: true}
	if words[0] == "after" {
		w.Trigger = After
	}
	at := strings.Index(l.text, words[1])
	period, err := time.ParseDuration(words[1])
	if err != nil || period < time.Millisecond {
		return w, l.fail(at, "“"+words[1]+"” is not a duration of a millisecond or more", "every 5s")
	}
	w.Period = period
	switch {
	case len(words) == 2:
	case len(words) == 3 && words[2] == "in":
		w.Out = false
	case len(words) == 3 && words[2] == "out":
		w.In = false
	default:
		return w, l.fail(at+len(words[1]), "only in or out may follow the duration", "every 5s in")
	}
	return w, nil
}

// action parses the action after the arrow.
func (l *line) action(r *Rule, at int) error {
	text, quoted, err := l.cutText(at)
	if err != nil {
		return err
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return l.fail(at, "an action is missing", "one of "+actionList())
	}
	if last := words[len(words)-1]; strings.HasSuffix(last, "%") {
		percent, err := strconv.ParseFloat(strings.TrimSuffix(last, "%"), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return l.fail(strings.LastIndex(l.text, last), "“"+last+"” is not a chance", "more than 0% and at most 100%")
		}
		r.Chance = percent / 100
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return l.fail(at, "an action is missing before the chance", "drop 5%")
	}
	if v := actionNamed(words[0]); v != 0 {
		r.Action.Kind, r.Action.Text = v, quoted
		return l.arguments(&r.Action, words[1:], at)
	}
	return l.fail(strings.Index(l.text[at:], words[0])+at, "“"+words[0]+"” is not an action", "one of "+actionList())
}

// cutText returns the action without its quoted text and comment, and the text.
func (l *line) cutText(at int) (rest, text string, err error) {
	rest = l.text[at:]
	first := strings.IndexAny(rest, `"#`)
	if first < 0 {
		return rest, "", nil
	}
	if rest[first] == '#' {
		return rest[:first], "", nil
	}
	literal, err := strconv.QuotedPrefix(rest[first:])
	if err != nil {
		return "", "", l.fail(at+first, "the closing quote is missing", `close 1001 "going away"`)
	}
	text, _ = strconv.Unquote(literal) // QuotedPrefix has parsed it
	if len(text) > 123 {
		return "", "", l.fail(at+first, "the text has more than 123 bytes, the most that a close frame can carry (RFC 6455 §5.5)", "")
	}
	behind, _, _ := strings.Cut(rest[first+len(literal):], "#")
	return rest[:first] + " " + behind, text, nil
}

// arguments parses the arguments of an action.
func (l *line) arguments(a *Action, words []string, at int) error {
	p := arguments{words: words}
	switch a.Kind {
	case Delay:
		a.From, a.To = p.span()
	case Intercept:
		a.To = p.duration(defaultIntercept)
	case Flap:
		a.From, a.To = p.duration(0), p.duration(0)
	case Rate:
		a.N = p.rate()
	case Corrupt:
		a.N = p.number(-1, 0, maxPlace)
	case Truncate:
		a.N = p.number(none, 0, maxPlace)
	case Duplicate, Reorder:
		a.N = p.number(1, 1, 100)
	case Split:
		a.N = p.number(2, 2, 1000)
	case Refuse:
		a.N = p.number(503, 400, 599)
	case Close:
		a.N = p.number(1001, 0, 65535)
	case Drop, Merge, Blackhole, Cut, Reset, Finish, Ping, Pong, Rewrite, Answer, Header, Redirect: // see rewriting
	}
	if a.Text != "" && a.Kind != Close && a.Kind != Ping && a.Kind != Pong {
		p.fail("it takes no text")
	}
	if len(p.words) > 0 {
		p.fail("“" + strings.Join(p.words, " ") + "” is unexpected")
	}
	if p.wrong != "" {
		return l.fail(at, a.Kind.String()+": "+p.wrong, usage[a.Kind])
	}
	return nil
}

// usage shows how each action with arguments is written.
var usage = map[ActionKind]string{
	Delay: "delay 200ms, or delay 100ms..300ms", Intercept: "intercept, or intercept 30s", Flap: "flap 20s 5s", Rate: "rate 20KiB/s",
	Corrupt: "corrupt, or corrupt 3 for that byte", Truncate: "truncate 10", Duplicate: "duplicate, or duplicate 3",
	Reorder: "reorder, or reorder 3", Split: "split, or split 5", Refuse: "refuse 503", Close: `close 1012 "restart"`,
	Ping: `ping "text"`, Pong: `pong "text"`,
}
