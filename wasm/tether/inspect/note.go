package inspect

import (
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
)

// Client is what [Panel] shows: a [tether.Client] of any types.
type Client interface {
	tether.Source
	Stats() tether.Stats
}

// note returns what the panel shows of an event: a word and a reason. No word: it is not worth a line.
func note(e tether.Event, waiting tether.Limits) (word, reason string) {
	switch e := e.(type) {
	case tether.StateChanged:
		switch e.New { //nolint:exhaustive // the other states have events that say more
		case tether.StateConnecting:
			return "attempt", because(e.Cause) + queue(waiting)
		case tether.StatePaused:
			return "paused", because(e.Cause) + queue(waiting)
		}
	case tether.Opened:
		reason = "subprotocol " + e.Subprotocol
		if e.Subprotocol == "" {
			reason = "no subprotocol"
		}
		if e.Extensions != "" {
			reason += "; extensions " + e.Extensions
		}
		if e.Resumed {
			reason += "; the session goes on"
		}
		return "open", reason
	case tether.Retrying:
		delay := e.Delay.Round(time.Millisecond).String()
		return "wait", "attempt " + strconv.Itoa(e.Attempt) + " in " + delay + ": " + because(e.Cause) + " (" + e.Rule + ")" + queue(waiting)
	case tether.Lost:
		clean := ", not clean"
		if e.Clean {
			clean = ", clean"
		}
		return "lost", strconv.Itoa(int(e.Code)) + " " + e.Reason + clean + queue(waiting)
	case tether.Dropped:
		return "drop", plural(e.Messages, "message") + ", " + plural(e.Bytes, "byte") + ": " + because(e.Cause)
	case tether.Panicked:
		return "error", "a listener or an option's function panicked"
	}
	return "", ""
}

func because(err error) string {
	if err == nil {
		return "as asked"
	}
	return err.Error()
}

func queue(l tether.Limits) string {
	if l.Messages == 0 {
		return ""
	}
	return "; " + plural(l.Messages, "message") + " (" + plural(l.Bytes, "byte") + ") queued"
}

// plural returns a number with its noun: "1 message", "2 messages".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
