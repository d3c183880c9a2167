package fault

import "time"

// unavailable is the status with which handshakes are refused while the network is down.
const unavailable = 503

// HandshakeEffect is what a ruleset does to a handshake.
type HandshakeEffect struct {
	Delay     time.Duration // before anything else
	Status    int           // HTTP status with which to refuse; 0 to accept
	Reset     bool          // reset the connection instead of an answer
	Blackhole bool          // never answer
	Request   []Field       // header fields of the request, as it is passed on
	Response  []Field       // header fields of the response
	Redirect  string        // the target that gets the handshake; empty for the usual one
}

// Field is a header field that a rule sets. An empty value removes it.
type Field struct{ Name, Value string }

// Handshake evaluates the rules for a handshake. The number is its number since the ruleset was set, the age how long ago that
// was.
func (rs *Ruleset) Handshake(number uint64, age time.Duration) (w HandshakeEffect) {
	for i, r := range rs.Rules {
		if r.Action.Kind == Flap && !r.Action.up(age) {
			w.Status = unavailable
			return w
		}
		if r.When.Trigger != Handshake {
			continue
		}
		c := draw(rs.Seed, number, handshakes, uint64(i))
		if !c.hit(r.Chance) {
			continue
		}
		switch r.Action.Kind { //nolint:exhaustive // fits lets no other action at a handshake
		case Delay:
			w.Delay += c.between(r.Action.From, r.Action.To)
		case Refuse:
			w.Status = r.Action.N
		case Reset:
			w.Reset = true
		case Blackhole:
			w.Blackhole = true
		case Redirect:
			w.Redirect = r.Action.Text
		case Header:
			field := Field{r.Action.Name, r.Action.Text}
			if r.When.Out {
				w.Request = append(w.Request, field)
			}
			if r.When.In {
				w.Response = append(w.Response, field)
			}
		}
		if w.Status != 0 || w.Reset || w.Blackhole {
			return w
		}
	}
	return w
}

// handshakes takes the place of the direction in the random numbers of a handshake.
const handshakes = 2

// up reports whether a flapping network is up.
func (a Action) up(age time.Duration) bool { return age%(a.From+a.To) < a.From }

// Down returns when a flapping network next goes down after the given age of the ruleset, as an age; 0 for never.
func (rs *Ruleset) Down(age time.Duration) time.Duration {
	next := time.Duration(0)
	for _, r := range rs.Rules {
		if r.Action.Kind != Flap {
			continue
		}
		cycle := r.Action.From + r.Action.To
		down := age/cycle*cycle + r.Action.From
		if down <= age {
			down += cycle
		}
		if next == 0 || down < next {
			next = down
		}
	}
	return next
}
