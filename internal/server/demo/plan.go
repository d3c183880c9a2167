package demo

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Plan is what the query of /ws/demo asks for. Make one with [ParsePlan].
type Plan struct {
	interval time.Duration // between two steps of the script
	steps    int           // until the end; 0 means no end
	ending   ending
	code     uint16 // with endCode
	reason   string // with endCode
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

const queryHelp = "close is a close code that may be sent (1000–1003, 1007–1014, 3000–4999), or empty, fin or reset; " +
	"reason is its text, 123 bytes at most; after is a number of steps (1–10000); beat is the time between two steps (10ms–10s)"

// ParsePlan reads ?close=4001&reason=…&after=20&beat=500ms. Without close and after the demo does not end by itself.
func ParsePlan(q url.Values) (Plan, error) {
	p := Plan{interval: 500 * time.Millisecond}
	if v := q.Get("beat"); v != "" {
		interval, err := time.ParseDuration(v)
		if err != nil || interval < 10*time.Millisecond || interval > 10*time.Second {
			return p, fmt.Errorf("beat=%q is not valid: %s", v, queryHelp)
		}
		p.interval = interval
	}
	if err := p.parseEnding(q.Get("close"), q.Get("reason")); err != nil {
		return p, err
	}
	if p.ending != endNever {
		p.steps = 20
	}
	if v := q.Get("after"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 10000 {
			return p, fmt.Errorf("after=%q is not valid: %s", v, queryHelp)
		}
		p.steps = n
		if p.ending == endNever {
			p.ending, p.code = endCode, 1000
		}
	}
	return p, nil
}

func (p *Plan) parseEnding(how, reason string) error {
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
		return fmt.Errorf("close=%q with reason=%q is not valid: %s", how, reason, queryHelp)
	}
	p.ending, p.code, p.reason = endCode, uint16(code), reason
	return nil
}
