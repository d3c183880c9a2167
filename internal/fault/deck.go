package fault

import (
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/panel/model/query"
)

// Limits of a deck.
const (
	MaxRules = 100
	MaxText  = 16 << 10 // bytes of the text form
)

// Deck is a seed and rules. It does not change and may be used by several goroutines at once.
type Deck struct {
	Seed  uint64
	Rules []Rule
}

// Rule says when it applies and what is done then.
type Rule struct {
	When   When
	Action Action
	Chance float64 // of applying when it could, in (0, 1]
}

// Moment says what makes a rule apply.
type Moment uint8

// The moments.
const (
	EachFrame Moment = iota // a frame that the query finds
	Handshake               // a handshake arrives
	Every                   // each Period of an open connection
	After                   // once, Period after a connection was opened
)

// When is the condition of a rule.
type When struct {
	Moment Moment
	Query  *query.Query  // EachFrame
	Period time.Duration // Every, After
	In     bool          // Every, After: in the direction to the client
	Out    bool          // Every, After: in the direction to the server
}

// Verb is what a rule does.
type Verb uint8

// The verbs.
const (
	Delay     Verb = iota + 1 // late by From to To
	Rate                      // N bytes each second
	Drop                      // lost
	Duplicate                 // N copies more
	Reorder                   // after the next N frames
	Corrupt                   // one byte of the payload changed: byte N, or any when N is below 0
	Truncate                  // the payload ends after N bytes, with a header that says so
	Split                     // a data frame becomes N fragments (RFC 6455 §5.4)
	Merge                     // the fragments of a message become one frame
	Hold                      // wait for a decision, at most To
	Blackhole                 // this and all that follows is swallowed, the end too
	Cut                       // the connection is reset in the middle of this frame
	Reset                     // the connection is reset
	Finish                    // a FIN in this direction
	Close                     // a close frame with code N and Text, and nothing more in this direction
	Ping                      // a ping with Text
	Pong                      // a pong with Text that nobody asked for
	Refuse                    // the handshake is answered with HTTP status N
	Flap                      // From up, To down, again and again
)

// verbs names the verbs, as the text form writes them.
var verbs = [...]string{
	Delay: "delay", Rate: "rate", Drop: "drop", Duplicate: "duplicate", Reorder: "reorder", Corrupt: "corrupt",
	Truncate: "truncate", Split: "split", Merge: "merge", Hold: "hold", Blackhole: "blackhole", Cut: "cut", Reset: "reset",
	Finish: "finish", Close: "close", Ping: "ping", Pong: "pong", Refuse: "refuse", Flap: "flap",
}

// String returns the verb as the text form writes it.
func (v Verb) String() string { return verbs[v] }

// verbNamed returns the verb with a name, 0 for none.
func verbNamed(name string) Verb {
	for v, n := range verbs {
		if v > 0 && n == name {
			return Verb(v)
		}
	}
	return 0
}

// Action is a verb with what it needs.
type Action struct {
	Verb     Verb
	From, To time.Duration
	N        int
	Text     string
}

// String returns the text form of the deck, which reads to the same deck.
func (d *Deck) String() string {
	var b strings.Builder
	if d.Seed != 0 {
		b.WriteString("seed " + strconv.FormatUint(d.Seed, 10) + "\n")
	}
	for _, r := range d.Rules {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

// String returns the line of the rule.
func (r Rule) String() string {
	line := r.When.String()
	if line != "" {
		line += " "
	}
	line += "=> " + r.Action.String()
	if r.Chance < 1 {
		line += " " + strconv.FormatFloat(r.Chance*100, 'f', -1, 64) + "%"
	}
	return line
}

// String returns what stands before the arrow.
func (w When) String() string {
	text := ""
	switch w.Moment {
	case EachFrame:
		return w.Query.String()
	case Handshake:
		return "handshake"
	case Every:
		text = "every "
	case After:
		text = "after "
	}
	text += w.Period.String()
	switch {
	case !w.Out:
		text += " in"
	case !w.In:
		text += " out"
	}
	return text
}

// String returns what stands behind the arrow, without the chance.
func (a Action) String() string {
	name := a.Verb.String()
	switch a.Verb {
	case Delay:
		if a.To > a.From {
			return name + " " + a.From.String() + ".." + a.To.String()
		}
		return name + " " + a.From.String()
	case Hold:
		return name + " " + a.To.String()
	case Flap:
		return name + " " + a.From.String() + " " + a.To.String()
	case Rate:
		return name + " " + rateText(a.N)
	case Corrupt:
		if a.N < 0 {
			return name
		}
		return name + " " + strconv.Itoa(a.N)
	case Duplicate, Reorder:
		if a.N == 1 {
			return name
		}
		return name + " " + strconv.Itoa(a.N)
	case Truncate, Split, Refuse:
		return name + " " + strconv.Itoa(a.N)
	case Close:
		return strings.TrimSpace(name + " " + strconv.Itoa(a.N) + " " + quoted(a.Text))
	case Ping, Pong:
		return strings.TrimSpace(name + " " + quoted(a.Text))
	case Drop, Merge, Blackhole, Cut, Reset, Finish:
	}
	return name
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}
