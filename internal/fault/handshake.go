package fault

import "time"

// unavailable is what a handshake gets while the network is down: HTTP 503.
const unavailable = 503

// Welcome is what a deck does to a handshake.
type Welcome struct {
	Delay     time.Duration // before anything else
	Status    int           // refuse with this HTTP status; 0 for no
	Reset     bool          // reset the connection instead of an answer
	Blackhole bool          // never answer
}

// Welcome decides about the handshake of a connection: its number since the deck was armed, and how long that is ago.
func (d *Deck) Welcome(number uint64, armed time.Duration) (w Welcome) {
	for i, r := range d.Rules {
		if r.Action.Verb == Flap && !r.Action.up(armed) {
			w.Status = unavailable
			return w
		}
		if r.When.Moment != Handshake {
			continue
		}
		c := draw(d.Seed, number, handshakes, uint64(i))
		if !c.hit(r.Chance) {
			continue
		}
		switch r.Action.Verb { //nolint:exhaustive // fits lets no other verb at a handshake
		case Delay:
			w.Delay += c.between(r.Action.From, r.Action.To)
		case Refuse:
			w.Status = r.Action.N
		case Reset:
			w.Reset = true
		case Blackhole:
			w.Blackhole = true
		}
		if w.Status != 0 || w.Reset || w.Blackhole {
			return w
		}
	}
	return w
}

// handshakes stands where a frame's draw has its direction.
const handshakes = 2

// up reports whether a flapping network is up.
func (a Action) up(armed time.Duration) bool { return armed%(a.From+a.To) < a.From }

// Down returns when, counted from the arming of the deck, a flapping network next goes down after a moment, or 0 for never.
func (d *Deck) Down(armed time.Duration) time.Duration {
	next := time.Duration(0)
	for _, r := range d.Rules {
		if r.Action.Verb != Flap {
			continue
		}
		cycle := r.Action.From + r.Action.To
		down := armed/cycle*cycle + r.Action.From
		if down <= armed {
			down += cycle
		}
		if next == 0 || down < next {
			next = down
		}
	}
	return next
}
