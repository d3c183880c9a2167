package tap

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// FaultField is a header field of the response when a fault rule refused the handshake in place of the server.
const FaultField = "Tetherscope-Fault"

// activeRules is the ruleset that applies now. The tap's lock guards it.
type activeRules struct {
	rules  *fault.Ruleset
	at     time.Time
	number uint64 // of connections and handshakes since then
	flap   *time.Timer
}

// SetRules applies fault rules to all connections, open ones and later ones, in place of the rules before. With nil, or a ruleset
// without rules, frames pass as they are.
func (t *Tap) SetRules(rules *fault.Ruleset) {
	t.mu.Lock()
	if t.active != nil && t.active.flap != nil {
		t.active.flap.Stop()
	}
	t.active = nil
	rules = rules.WithScript(t.log.cfg.Script)
	if !rules.Empty() {
		t.active = &activeRules{rules: rules, at: time.Now()}
		t.scheduleFlap(t.active)
	}
	open := t.inOrder()
	numbers := make([]uint64, len(open))
	for i := range open {
		numbers[i] = t.active.next()
	}
	t.mu.Unlock()
	for i, c := range open {
		c.setRules(rules, numbers[i])
	}
}

// Rules returns the ruleset that applies now, or nil.
func (t *Tap) Rules() *fault.Ruleset {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active == nil {
		return nil
	}
	return t.active.rules
}

// next returns the number of the next connection or handshake; 0 without rules.
func (a *activeRules) next() uint64 {
	if a == nil {
		return 0
	}
	a.number++
	return a.number
}

// applyRules applies the active rules to a connection that begins. Its number is that of its handshake, when that had one.
func (t *Tap) applyRules(c *conn, number uint64) {
	t.mu.Lock()
	a := t.active
	if number == 0 {
		number = a.next()
	}
	t.mu.Unlock()
	if a != nil {
		c.in.setRules(a.rules, number)
		c.out.setRules(a.rules, number)
	}
}

// scheduleFlap sets the timer for the next time that the network goes down. The caller holds the lock.
func (t *Tap) scheduleFlap(a *activeRules) {
	since := time.Since(a.at)
	down := a.rules.Down(since)
	if down == 0 {
		return
	}
	a.flap = time.AfterFunc(down-since, func() {
		t.mu.Lock()
		if t.active != a {
			t.mu.Unlock()
			return
		}
		t.scheduleFlap(a)
		open := t.inOrder()
		t.mu.Unlock()
		for _, c := range open {
			c.resetByRule()
		}
	})
}

// evaluateHandshake evaluates the rules for a handshake. It returns the handshake's number since the rules were set, 0 without rules.
func (t *Tap) evaluateHandshake() (number uint64, what fault.HandshakeEffect) {
	t.mu.Lock()
	a := t.active
	number = a.next()
	t.mu.Unlock()
	if a != nil {
		what = a.rules.Handshake(number, time.Since(a.at))
	}
	return number, what
}

// handshake does to a handshake what the rules say, and reports whether it is passed on to the server.
func (t *Tap) handshake(w http.ResponseWriter, r *http.Request, id uint32, what *fault.HandshakeEffect) (on bool) {
	if what.Delay > 0 {
		late := time.NewTimer(what.Delay)
		defer late.Stop()
		select {
		case <-late.C:
		case <-r.Context().Done():
		}
	}
	switch {
	case what.Status != 0:
		w.Header().Set(FaultField, "a rule refused this handshake")
		w.Header().Set("Connection", "close")
		http.Error(w, "Refused with "+strconv.Itoa(what.Status)+" by a fault rule.", what.Status)
		t.log.append(&record.Record{
			Time: t.log.now(), Conn: id, Kind: record.KindResponse, Dir: record.In, Head: answerHead(recordedHead(r, rawHeads(r)), responseHead(what.Status, w.Header())), Marks: record.Injected,
		})
		return false
	case what.Reset, what.Blackhole:
		t.leaveUnanswered(w, id, what.Blackhole)
		return false
	}
	return true
}

// leaveUnanswered resets the connection of a handshake, or stays silent until the client gives up.
func (t *Tap) leaveUnanswered(w http.ResponseWriter, id uint32, silent bool) {
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the connection ends with the handler
	}
	defer nc.Close()
	how := "reset (RST) by a rule"
	if silent {
		how = "never answered, by a rule"
		waitForEnd(nc)
	} else if tcp := tcpBeneath(nc); tcp != nil {
		_ = tcp.SetLinger(0) // without it, the end is a FIN
	}
	t.log.append(&record.Record{Time: t.log.now(), Conn: id, Kind: record.KindEnd, Reason: how, Marks: record.Injected})
}

// waitForEnd reads until the client gives up.
func waitForEnd(nc net.Conn) {
	_ = nc.SetDeadline(time.Now().Add(secrecy)) // a connection that cannot have one ends with its client
	var b [1024]byte
	for {
		if _, err := nc.Read(b[:]); err != nil {
			return
		}
	}
}
