package fault

import (
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// Limits of a ruleset.
const (
	MaxRules = 100
	MaxText  = 16 << 10 // bytes of the text form
)

// Ruleset is a seed and a list of rules. It does not change and may be used by several goroutines at once.
type Ruleset struct {
	Seed   uint64
	Rules  []Rule
	Script Script // decides about messages before the rules; nil for none. It is no part of the text form
}

// Rule says when it applies and which action it performs then.
type Rule struct {
	When   When
	Action Action
	Chance float64 // probability that it applies when triggered, in (0, 1]
}

// Trigger is the event on which a rule applies.
type Trigger uint8

// The triggers.
const (
	EachFrame Trigger = iota // a frame that the query matches
	Handshake                // a handshake arrives
	Every                    // each Period of an open connection
	After                    // once, Period after a connection was opened
)

// When is the condition of a rule.
type When struct {
	Trigger Trigger
	Query   *query.Query  // EachFrame
	Period  time.Duration // Every, After
	In      bool          // Every, After: in the direction to the client; Handshake: its response
	Out     bool          // Every, After: in the direction to the server; Handshake: its request
}

// ActionKind is what a rule does.
type ActionKind uint8

// The actions.
const (
	Delay     ActionKind = iota + 1 // delayed by From to To
	Rate                            // N bytes each second
	Drop                            // lost
	Duplicate                       // sent N more times
	Reorder                         // after the next N frames
	Corrupt                         // one byte of the payload changed: byte N, or any when N is below 0
	Truncate                        // the payload ends after N bytes, with a header that says so
	Split                           // a data frame becomes N fragments (RFC 6455 §5.4)
	Merge                           // the fragments of a message become one frame
	Intercept                       // it waits for a decision, at most To
	Blackhole                       // this frame and all after it are dropped, and the end is not passed on
	Cut                             // the connection is reset in the middle of this frame
	Reset                           // the connection is reset
	Finish                          // a FIN in this direction
	Close                           // a close frame with code N and Text, and nothing more in this direction
	Ping                            // a ping with Text
	Pong                            // an unsolicited pong with Text
	Refuse                          // the handshake is answered with HTTP status N
	Flap                            // the network is up for From and down for To, repeatedly
	Rewrite                         // Edit changes what a message says; written as replace or set
	Answer                          // a message is not passed on; its sender receives the text message Text
	Header                          // a handshake's header field Name becomes Text; without one it is removed
	Redirect                        // a handshake goes to another target, Text
)

// actionNames names the actions, as the text form writes them.
var actionNames = [...]string{
	Delay: "delay", Rate: "rate", Drop: "drop", Duplicate: "duplicate", Reorder: "reorder", Corrupt: "corrupt",
	Truncate: "truncate", Split: "split", Merge: "merge", Intercept: "intercept", Blackhole: "blackhole", Cut: "cut", Reset: "reset",
	Finish: "finish", Close: "close", Ping: "ping", Pong: "pong", Refuse: "refuse", Flap: "flap",
	Rewrite: "rewrite", Answer: "answer", Header: "header", Redirect: "redirect",
}

// String returns the action as the text form writes it.
func (k ActionKind) String() string { return actionNames[k] }

// oldIntercept is how earlier versions wrote intercept; it is still read.
const oldIntercept = "hold"

// actionNamed returns the action with a name, 0 for none.
func actionNamed(name string) ActionKind {
	if name == oldIntercept {
		return Intercept
	}
	if kind, ok := rewritingNames[name]; ok {
		return kind
	}
	for v, n := range actionNames {
		if v > 0 && v != int(Rewrite) && n == name {
			return ActionKind(v)
		}
	}
	return 0
}

// Action is an action with its arguments.
type Action struct {
	Kind     ActionKind
	From, To time.Duration
	N        int
	Text     string
	Name     string       // Header
	Edit     rewrite.Edit // Rewrite

	source string // of a rewriting action: its text as it was written
}

// String returns the text form of the ruleset. Parse makes the same ruleset of it.
func (rs *Ruleset) String() string {
	var b strings.Builder
	if rs.Seed != 0 {
		b.WriteString("seed " + strconv.FormatUint(rs.Seed, 10) + "\n")
	}
	for _, r := range rs.Rules {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

// String returns the rule as a line of text.
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

// String returns the text before the arrow.
func (w When) String() string {
	text := ""
	switch w.Trigger {
	case EachFrame:
		return w.Query.String()
	case Handshake:
		text = "handshake"
	case Every:
		text = "every "
	case After:
		text = "after "
	}
	if w.Trigger != Handshake {
		text += w.Period.String()
	}
	switch {
	case w.In == w.Out:
	case w.In:
		text += " in"
	default:
		text += " out"
	}
	return text
}

// String returns the text after the arrow, without the chance.
func (a Action) String() string {
	name := a.Kind.String()
	switch a.Kind {
	case Rewrite, Answer, Header, Redirect:
		return a.source
	case Delay:
		if a.To > a.From {
			return name + " " + a.From.String() + ".." + a.To.String()
		}
		return name + " " + a.From.String()
	case Intercept:
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
