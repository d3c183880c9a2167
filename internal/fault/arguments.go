package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// longest is the longest duration in a deck.
const longest = 24 * time.Hour

// arguments are the words behind a verb. The first thing that is wrong with them is kept.
type arguments struct {
	words []string
	wrong string
}

func (p *arguments) fail(what string) {
	if p.wrong == "" {
		p.wrong = what
	}
}

// next takes a word; "" when there is none.
func (p *arguments) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// duration takes a duration; without a word it is the default, and a default of 0 means that it must be given.
func (p *arguments) duration(without time.Duration) time.Duration {
	w := p.next()
	if w == "" {
		if without == 0 {
			p.fail("a duration is missing")
		}
		return without
	}
	return p.parseDuration(w)
}

func (p *arguments) parseDuration(w string) time.Duration {
	d, err := time.ParseDuration(w)
	if err != nil || d <= 0 || d > longest {
		p.fail("“" + w + "” is no duration above 0 and up to 24h")
	}
	return d
}

// span takes "from" or "from..to".
func (p *arguments) span() (from, to time.Duration) {
	w := p.next()
	if w == "" {
		p.fail("a duration is missing")
		return 0, 0
	}
	first, second, two := strings.Cut(w, "..")
	from = p.parseDuration(first)
	if !two {
		return from, from
	}
	if to = p.parseDuration(second); to < from {
		p.fail("“" + w + "” ends before it begins")
	}
	return from, to
}

// number takes a whole number; without a word it is the default, and none means that it must be given.
func (p *arguments) number(without, least, most int) int {
	if len(p.words) == 0 {
		if without == none {
			p.fail("a number is missing")
		}
		return without
	}
	w := p.next()
	n, err := strconv.Atoi(w)
	if err != nil || n < least || n > most {
		p.fail(fmt.Sprintf("“%s” is no whole number from %d to %d", w, least, most))
	}
	return n
}

// rateUnits are the units of a rate, longest first.
var rateUnits = []struct {
	name  string
	bytes float64
}{{"KiB/s", 1 << 10}, {"MiB/s", 1 << 20}, {"kB/s", 1e3}, {"MB/s", 1e6}, {"B/s", 1}}

// rate takes bytes each second.
func (p *arguments) rate() int {
	w := p.next()
	for _, u := range rateUnits {
		digits, ok := strings.CutSuffix(w, u.name)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(digits, 64)
		if f *= u.bytes; err == nil && f >= 1 && f <= 1<<40 {
			return int(f)
		}
		break
	}
	p.fail("“" + w + "” is no rate in B/s, kB/s, KiB/s, MB/s or MiB/s")
	return 0
}

// rateText writes bytes each second in the largest unit that says it exactly.
func rateText(n int) string {
	best := rateUnits[len(rateUnits)-1]
	for _, u := range rateUnits {
		if n%int(u.bytes) == 0 && u.bytes > best.bytes {
			best = u
		}
	}
	return strconv.Itoa(n/int(best.bytes)) + best.name
}

// Why a verb does not go with a moment.
var (
	errHandshake = errors.New("of a handshake only the time and the answer can be changed: delay, refuse, reset or blackhole")
	errTimed     = errors.New("at a time there is no frame to change: reset, finish, close, blackhole, ping or pong")
	errFrames    = errors.New("refuse answers handshakes: handshake => refuse 503")
	errFlap      = errors.New("flap has times of its own: nothing stands before its arrow")
)

// fits says why a rule makes no sense.
func fits(r Rule) error {
	v := r.Action.Verb
	if v == Flap {
		if r.When.Moment != EachFrame || !r.When.Query.Empty() {
			return errFlap
		}
		return nil
	}
	switch r.When.Moment {
	case Handshake:
		if v != Delay && v != Refuse && v != Reset && v != Blackhole {
			return errHandshake
		}
	case Every, After:
		switch v { //nolint:exhaustive // the others need a frame
		case Reset, Finish, Close, Blackhole, Ping, Pong:
		default:
			return errTimed
		}
	case EachFrame:
		if v == Refuse {
			return errFrames
		}
	}
	return nil
}
