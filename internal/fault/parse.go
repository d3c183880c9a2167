package fault

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/panel/model/query"
)

// Parse reads the text form of a deck. Its errors are *Error.
func Parse(text string) (*Deck, error) {
	if len(text) > MaxText {
		return nil, &Error{1, 1, "the deck has more than " + strconv.Itoa(MaxText) + " bytes", "leave some rules out"}
	}
	d := &Deck{}
	for i, raw := range strings.Split(text, "\n") {
		l := line{text: strings.TrimRight(raw, "\r"), number: i + 1}
		if err := l.read(d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// line is one line being read.
type line struct {
	text   string
	number int
}

// fail says what is wrong from a byte of the line on.
func (l *line) fail(at int, message, hint string) error {
	return &Error{l.number, at + 1, message, hint}
}

func (l *line) read(d *Deck) error {
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
		d.Seed = seed
		return nil
	}
	arrow := arrowOf(l.text)
	if arrow < 0 {
		return l.fail(0, "a rule is a condition, => and an action", "dir:in op:text => delay 200ms")
	}
	if len(d.Rules) == MaxRules {
		return l.fail(0, "a deck has at most "+strconv.Itoa(MaxRules)+" rules", "")
	}
	when, err := l.when(l.text[:arrow])
	if err != nil {
		return err
	}
	r := Rule{When: when, Chance: 1}
	if err := l.action(&r, arrow+2); err != nil {
		return err
	}
	if err := fits(r); err != nil {
		return l.fail(arrow+2, err.Error(), "")
	}
	d.Rules = append(d.Rules, r)
	return nil
}

// arrowOf returns where the arrow of a rule is: the last one with an action behind it, since both sides may hold one inside
// a text; without any action the last one.
func arrowOf(text string) int {
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], "=>")
		if at < 0 {
			return strings.LastIndex(text, "=>")
		}
		if words := strings.Fields(text[at+2:]); len(words) > 0 && verbNamed(words[0]) != 0 {
			return at
		}
		end = at
	}
}

// when reads what stands before the arrow.
func (l *line) when(text string) (When, error) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && words[0] == "handshake":
		return When{Moment: Handshake}, nil
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
		return When{}, l.fail(at, "near, before and after need frames that have not come yet", "use tests of the frame itself")
	}
	return When{Query: q}, nil
}

func (l *line) timed(words []string) (When, error) {
	w := When{Moment: Every, In: true, Out: true}
	if words[0] == "after" {
		w.Moment = After
	}
	at := strings.Index(l.text, words[1])
	period, err := time.ParseDuration(words[1])
	if err != nil || period < time.Millisecond {
		return w, l.fail(at, "“"+words[1]+"” is no duration of a millisecond or more", "every 5s")
	}
	w.Period = period
	switch {
	case len(words) == 2:
	case len(words) == 3 && words[2] == "in":
		w.Out = false
	case len(words) == 3 && words[2] == "out":
		w.In = false
	default:
		return w, l.fail(at+len(words[1]), "behind the duration stands in, out, or nothing", "every 5s in")
	}
	return w, nil
}

// action reads what stands behind the arrow.
func (l *line) action(r *Rule, at int) error {
	text, quoted, err := l.cutText(at)
	if err != nil {
		return err
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return l.fail(at, "an action is missing", "one of "+strings.Join(verbs[1:], ", "))
	}
	if last := words[len(words)-1]; strings.HasSuffix(last, "%") {
		percent, err := strconv.ParseFloat(strings.TrimSuffix(last, "%"), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return l.fail(strings.LastIndex(l.text, last), "“"+last+"” is no chance", "more than 0% and at most 100%")
		}
		r.Chance = percent / 100
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return l.fail(at, "an action is missing before the chance", "drop 5%")
	}
	if v := verbNamed(words[0]); v != 0 {
		r.Action.Verb, r.Action.Text = v, quoted
		return l.arguments(&r.Action, words[1:], at)
	}
	return l.fail(strings.Index(l.text[at:], words[0])+at, "“"+words[0]+"” is no action", "one of "+strings.Join(verbs[1:], ", "))
}

// cutText takes a quoted text out of the action, and leaves the comment behind it out.
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
		return "", "", l.fail(at+first, "the text has no end", `close 1001 "going away"`)
	}
	text, _ = strconv.Unquote(literal) // QuotedPrefix has read it
	if len(text) > 123 {
		return "", "", l.fail(at+first, "the text has more than 123 bytes, which is all that a control frame holds (RFC 6455 §5.5)", "")
	}
	behind, _, _ := strings.Cut(rest[first+len(literal):], "#")
	return rest[:first] + " " + behind, text, nil
}

// arguments reads what a verb needs.
func (l *line) arguments(a *Action, words []string, at int) error {
	p := arguments{words: words}
	switch a.Verb {
	case Delay:
		a.From, a.To = p.span()
	case Hold:
		a.To = p.duration(defaultHold)
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
	case Drop, Merge, Blackhole, Cut, Reset, Finish, Ping, Pong:
	}
	if a.Text != "" && a.Verb != Close && a.Verb != Ping && a.Verb != Pong {
		p.fail("it takes no text")
	}
	if len(p.words) > 0 {
		p.fail("“" + strings.Join(p.words, " ") + "” is too much")
	}
	if p.wrong != "" {
		return l.fail(at, a.Verb.String()+": "+p.wrong, usage[a.Verb])
	}
	return nil
}

// usage shows how each verb with arguments is written.
var usage = map[Verb]string{
	Delay: "delay 200ms, or delay 100ms..300ms", Hold: "hold, or hold 30s", Flap: "flap 20s 5s", Rate: "rate 20KiB/s",
	Corrupt: "corrupt, or corrupt 3 for that byte", Truncate: "truncate 10", Duplicate: "duplicate, or duplicate 3",
	Reorder: "reorder, or reorder 3", Split: "split, or split 5", Refuse: "refuse 503", Close: `close 1012 "restart"`,
	Ping: `ping "text"`, Pong: `pong "text"`,
}

// maxPlace is the last place in a payload that a rule can name.
const maxPlace = 1 << 30

const none = math.MinInt // a number that must be given
