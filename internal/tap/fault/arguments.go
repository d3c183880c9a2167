package fault

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	longest          = 24 * time.Hour // the longest duration in a ruleset
	defaultIntercept = time.Minute    // how long a frame is intercepted without a duration
	maxPlace         = 1 << 30        // the last place in a payload that a rule can name
	none             = math.MinInt    // a number that must be given
)

// arguments are the words after the name of an action. Only the first error in them is kept.
type arguments struct {
	words []string
	wrong string
}

func (p *arguments) fail(what string) {
	if p.wrong == "" {
		p.wrong = what
	}
}

// next consumes a word; "" when there is none.
func (p *arguments) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// duration consumes a duration. Without a word it is the default; a default of 0 means that it must be given.
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
		p.fail("“" + w + "” is not a duration above 0 and up to 24h")
	}
	return d
}

// span consumes "from" or "from..to".
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

// number consumes a whole number. Without a word it is the default; the default none means that it must be given.
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
		p.fail(fmt.Sprintf("“%s” is not a whole number from %d to %d", w, least, most))
	}
	return n
}

// rate consumes a rate and returns bytes each second.
func (p *arguments) rate() int {
	w := p.next()
	n, ok := parseRate(w)
	if !ok {
		p.fail("“" + w + "” is not a rate in B/s, kB/s, KiB/s, MB/s or MiB/s")
		return 0
	}
	return n
}

// Why an action does not fit a trigger.
var (
	errHandshake = errors.New("only delay, refuse, reset, blackhole, header and redirect apply to a handshake")
	errTimed     = errors.New("only reset, finish, close, blackhole, ping and pong apply at a time, without a frame")
	errHalf      = errors.New("only header applies to one half of a handshake: handshake in => header X-Y z")
	errFields    = errors.New("header and redirect apply to handshakes only: handshake => header X-Y z")
	errFrames    = errors.New("refuse applies to handshakes only: handshake => refuse 503")
	errFlap      = errors.New("flap takes no condition: it has times of its own")
)

// fits returns an error when the action does not fit the trigger.
func fits(r Rule) error {
	v := r.Action.Kind
	if v == Flap {
		if r.When.Trigger != EachFrame || !r.When.Query.Empty() {
			return errFlap
		}
		return nil
	}
	switch r.When.Trigger {
	case Handshake:
		switch v { //nolint:exhaustive // the others need an open connection
		case Delay, Refuse, Reset, Blackhole, Redirect:
			if !r.When.In || !r.When.Out {
				return errHalf
			}
		case Header:
		default:
			return errHandshake
		}
	case Every, After:
		switch v { //nolint:exhaustive // the others need a frame
		case Reset, Finish, Close, Blackhole, Ping, Pong:
		default:
			return errTimed
		}
	case EachFrame:
		switch v { //nolint:exhaustive // the others apply to frames
		case Refuse:
			return errFrames
		case Header, Redirect:
			return errFields
		}
	}
	return nil
}
