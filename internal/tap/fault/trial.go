package fault

import (
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rewrite"
)

// Outcome is what a rule would do to a record that it matches.
type Outcome uint8

// The outcomes.
const (
	Applies  Outcome = iota + 1 // its action is performed, and the message says what it said
	Changes                     // After takes the place of Before
	Keeps                       // there is nothing in it to change
	Removes                     // it is not passed on
	Answers                     // it is not passed on, and After goes back to its sender
	Waits                       // it is intercepted
	Exempted                    // the rule cannot be applied: Err says why
)

var outcomeNames = [...]string{Applies: "applies", Changes: "changes", Keeps: "keeps", Removes: "removes", Answers: "answers", Waits: "intercepts", Exempted: "exempt"}

// String returns the outcome as a word in lower case.
func (o Outcome) String() string { return outcomeNames[o] }

// Tried is what one rule would do to one record.
type Tried struct {
	Rule    int // its index in the ruleset; of the script the index behind the last
	Outcome Outcome
	// Before and After are of Changes and Answers: a message as the application reads it, or the value of a header field, empty where there
	// is none. Before is what the rules above this one made of it.
	Before, After []byte
	Err           error
}

// Why a rule is not applied to a record, besides the errors of package rewrite.
var (
	ErrNotKept     = errors.New("the capture has only the beginning of the message")
	ErrLongFrame   = errors.New("the frame has more than 1 MiB")
	ErrLongMessage = errors.New("the message has more than 8 MiB")
	ErrNotInflated = errors.New("the message could not be inflated")
)

// Trial tries a ruleset on the records of a capture, without any connection. Make one with [NewTrial] and push all records, in order. It
// is not safe for use by several goroutines at once.
//
// A rule with a chance is tried as if it applied, and as if it did not remove the record: those below it are tried, too. What only a
// connection has is not tried: times ("after", "every", flap), and what is no longer sent after an end or a blackhole.
type Trial struct {
	rules   *Ruleset
	row     recordfilter.Row
	joins   bool
	opcodes map[direction]frame.Opcode // of the message that is on its way
	called  map[uint32]record.Words    // of connections, for the script
}

// direction is one direction of a connection.
type direction struct {
	conn uint32
	dir  record.Dir
}

// NewTrial returns a trial of a ruleset.
func NewTrial(rs *Ruleset) *Trial {
	e := evaluation{state: &state{rules: rs}}
	return &Trial{rules: rs, joins: e.joins(), opcodes: map[direction]frame.Opcode{}, called: map[uint32]record.Words{}}
}

// Push returns what the rules would do to a record, in their order. The result is valid until r changes.
func (t *Trial) Push(r *record.Record) []Tried {
	seen := evaluated(r)
	if r.Kind == record.KindFrame {
		seen = t.asMessage(seen)
	}
	t.row.Set(seen)
	t.name(r)
	if r.Marks&record.Injected != 0 {
		return nil // rules do not apply to what this program sends
	}
	switch r.Kind { //nolint:exhaustive // no rule applies to the others
	case record.KindRequest, record.KindResponse:
		return t.handshake(r)
	case record.KindFrame:
		if t.joins && r.Message > 0 && !r.Final {
			return nil // the whole message is tried with its last frame
		}
		return t.frame(r, seen.Header.Opcode)
	case record.KindEnd:
		delete(t.opcodes, direction{r.Conn, record.In})
		delete(t.opcodes, direction{r.Conn, record.Out})
	}
	return nil
}

// asMessage returns the last frame of a message in fragments as rules see it that need whole messages: with the opcode of the first.
func (t *Trial) asMessage(r *record.Record) *record.Record {
	d := direction{r.Conn, r.Dir}
	switch op := r.Header.Opcode; {
	case op.IsControl():
	case op != frame.Continuation:
		t.opcodes[d] = op
	case t.joins && r.Final:
		whole := *r
		whole.Header.Opcode = t.opcodes[d]
		return &whole
	}
	return r
}

// frame tries the rules on a frame, or on the message that it ends.
func (t *Trial) frame(r *record.Record, op frame.Opcode) (all []Tried) {
	m := rewrite.Message{Text: op == frame.Text, Payload: r.Bytes()}
	if t.rules.Script != nil && !op.IsControl() {
		tried, gone := t.script(r, &m)
		if all = append(all, tried); gone {
			return all
		}
	}
	for i := range t.rules.Rules {
		rule := &t.rules.Rules[i]
		if rule.When.Trigger != EachFrame || rule.Action.Kind == Flap || !rule.When.Query.Match(&t.row) {
			continue
		}
		tried := action(&rule.Action, r, m)
		tried.Rule = i
		all = append(all, tried)
		switch tried.Outcome { //nolint:exhaustive // the others leave the message as it is
		case Changes:
			m.Payload = tried.After
		case Removes, Answers, Waits:
			if rule.Chance >= 1 {
				return all
			}
		}
	}
	return all
}

// action tries an action on a frame or message that its rule matches.
func action(a *Action, r *record.Record, m rewrite.Message) Tried {
	control := r.Header.Opcode.IsControl()
	if err := exemption(a.Kind, r); err != nil && !control {
		return Tried{Outcome: Exempted, Err: err}
	}
	switch a.Kind { //nolint:exhaustive // what the others do needs no looking into the message
	case Drop, Blackhole, Cut, Reset, Finish, Close:
		return Tried{Outcome: Removes}
	case Intercept:
		return Tried{Outcome: Waits}
	case Rewrite, Answer:
		if control {
			return Tried{Outcome: Keeps} // control frames are no messages
		}
	default:
		return Tried{Outcome: Applies}
	}
	if a.Kind == Answer {
		return Tried{Outcome: Answers, Before: m.Payload, After: []byte(a.Text)}
	}
	if r.IsCut() {
		return Tried{Outcome: Exempted, Err: ErrNotKept}
	}
	switch out, err := rewrite.Apply(a.Edit, m); {
	case err != nil:
		return Tried{Outcome: Exempted, Err: err}
	case out.Changed:
		return Tried{Outcome: Changes, Before: m.Payload, After: out.Payload}
	}
	return Tried{Outcome: Keeps}
}

// exemption returns why an action is not applied to a frame or message, or nil.
func exemption(k ActionKind, r *record.Record) error {
	switch {
	case needsWhole(k) && r.Header.Length > MaxFrame:
		return ErrLongFrame
	case needsMessage(k) && r.Inflated > MaxMessage:
		return ErrLongMessage
	case changes(k) && r.Final && r.Compressed && r.Inflated > MaxMessage:
		return ErrLongMessage
	case changes(k) && r.Final && r.Compressed && r.Violations&notInflated != 0:
		return ErrNotInflated
	}
	return nil
}

// handshake tries the rules on a request or a response. What is done to a handshake as a whole counts with its request.
func (t *Trial) handshake(r *record.Record) (all []Tried) {
	request := r.Kind == record.KindRequest
	for i := range t.rules.Rules {
		rule := &t.rules.Rules[i]
		if rule.When.Trigger != Handshake {
			continue
		}
		tried := Tried{Rule: i, Outcome: Applies}
		switch k := rule.Action.Kind; {
		case k == Header && (request && rule.When.Out || !request && rule.When.In):
			tried = headerField(rule.Action, r.Head)
			tried.Rule = i
		case k == Header || !request:
			continue
		case k == Refuse || k == Reset || k == Blackhole:
			tried.Outcome = Removes
		}
		all = append(all, tried)
		if tried.Outcome == Removes && rule.Chance >= 1 {
			return all
		}
	}
	return all
}

// headerField tries a rule for a header field on the head of a request or a response.
func headerField(a Action, head []byte) Tried {
	was, found := "", false
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(name, a.Name) {
			was, found = strings.TrimSpace(value), true
			break
		}
	}
	if found == (a.Text != "") && was == a.Text {
		return Tried{Outcome: Keeps}
	}
	return Tried{Outcome: Changes, Before: []byte(was), After: []byte(a.Text)}
}
