package devserver

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// plan is what the query of /ws/demo asks for.
type plan struct {
	beat   time.Duration // between two steps of the script
	beats  int           // steps until the end; 0 means for ever
	ending ending
	code   uint16 // endCode
	reason string // endCode
}

// ending is how a demo ends.
type ending int

const (
	endNever ending = iota
	endCode         // a close frame with a code and a reason
	endEmpty        // a close frame without a body
	endFIN          // the end of TCP, without a close frame
	endReset        // a TCP reset
)

const planHelp = "close is a close code that may be sent (1000–1003, 1007–1014, 3000–4999), or empty, fin or reset; " +
	"reason is its text, 123 bytes at most; after is a number of steps (1–10000); beat is the time of a step (10ms–10s)"

// parsePlan reads ?close=4001&reason=…&after=20&beat=500ms. Without close the demo goes on for ever.
func parsePlan(q url.Values) (plan, error) {
	p := plan{beat: 500 * time.Millisecond}
	if v := q.Get("beat"); v != "" {
		beat, err := time.ParseDuration(v)
		if err != nil || beat < 10*time.Millisecond || beat > 10*time.Second {
			return p, fmt.Errorf("beat=%q is not possible: %s", v, planHelp)
		}
		p.beat = beat
	}
	if err := p.parseEnding(q.Get("close"), q.Get("reason")); err != nil {
		return p, err
	}
	if p.ending != endNever {
		p.beats = 20
	}
	if v := q.Get("after"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 10000 {
			return p, fmt.Errorf("after=%q is not possible: %s", v, planHelp)
		}
		p.beats = n
		if p.ending == endNever {
			p.ending, p.code = endCode, 1000
		}
	}
	return p, nil
}

func (p *plan) parseEnding(how, reason string) error {
	switch how {
	case "":
		return nil
	case "empty":
		p.ending = endEmpty
		return nil
	case "fin":
		p.ending = endFIN
		return nil
	case "reset":
		p.ending = endReset
		return nil
	}
	code, err := strconv.ParseUint(how, 10, 16)
	body := frame.AppendClose(nil, uint16(code), reason)
	_, _, broken := frame.ParseClose(body)
	if err != nil || broken != 0 || len(reason) > frame.MaxReason || code == uint64(frame.CodeNoStatus) {
		return fmt.Errorf("close=%q with reason=%q is not possible: %s", how, reason, planHelp)
	}
	p.ending, p.code, p.reason = endCode, uint16(code), reason
	return nil
}
