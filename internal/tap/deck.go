package tap

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/record"
)

// FaultField is the header field of an answer that a rule gave in place of the server.
const FaultField = "Tetherscope-Fault"

// armed is a deck in force. The tap's lock guards it.
type armed struct {
	deck   *fault.Deck
	at     time.Time
	number uint64 // connections and handshakes since then
	flap   *time.Timer
}

// Arm puts all connections under a deck, those that are open and those that come, in place of the deck before; nil or a deck
// without rules lets them pass as they are.
func (t *Tap) Arm(deck *fault.Deck) {
	t.mu.Lock()
	if t.armed != nil && t.armed.flap != nil {
		t.armed.flap.Stop()
	}
	t.armed = nil
	if deck != nil && len(deck.Rules) > 0 {
		t.armed = &armed{deck: deck, at: time.Now()}
		t.flapAgain(t.armed)
	}
	open := t.inOrder()
	numbers := make([]uint64, len(open))
	for i := range open {
		numbers[i] = t.armed.next()
	}
	t.mu.Unlock()
	for i, c := range open {
		c.use(deck, numbers[i])
	}
}

// Deck returns the deck in force, or nil.
func (t *Tap) Deck() *fault.Deck {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.armed == nil {
		return nil
	}
	return t.armed.deck
}

// inOrder returns the open connections, oldest first. The caller holds the lock.
func (t *Tap) inOrder() []*conn {
	list := make([]*conn, 0, len(t.open))
	for _, c := range t.open {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return list
}

// next counts a connection.
func (a *armed) next() uint64 {
	if a == nil {
		return 0
	}
	a.number++
	return a.number
}

// underDeck puts a connection that begins under the deck in force; its number is that of its handshake, when that had one.
func (t *Tap) underDeck(c *conn, number uint64) {
	t.mu.Lock()
	a := t.armed
	if number == 0 {
		number = a.next()
	}
	t.mu.Unlock()
	if a != nil {
		c.in.use(a.deck, number)
		c.out.use(a.deck, number)
	}
}

// use puts an open connection under a deck.
func (c *conn) use(deck *fault.Deck, number uint64) {
	c.in.use(deck, number)
	c.out.use(deck, number)
	c.wakeReader()
	go c.pumpAlone()
}

// flapAgain sees to the next time that the network goes down. The caller holds the lock.
func (t *Tap) flapAgain(a *armed) {
	since := time.Since(a.at)
	down := a.deck.Down(since)
	if down == 0 {
		return
	}
	a.flap = time.AfterFunc(down-since, func() {
		t.mu.Lock()
		if t.armed != a {
			t.mu.Unlock()
			return
		}
		t.flapAgain(a)
		open := t.inOrder()
		t.mu.Unlock()
		for _, c := range open {
			c.resetByFault()
		}
	})
}

// welcome lets a deck decide about a handshake. It returns its number since the deck was armed, 0 without one, and whether it
// goes on to the server.
func (t *Tap) welcome(w http.ResponseWriter, r *http.Request, id uint32) (number uint64, on bool) {
	t.mu.Lock()
	a := t.armed
	number = a.next()
	t.mu.Unlock()
	if a == nil {
		return 0, true
	}
	what := a.deck.Welcome(number, time.Since(a.at))
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
		http.Error(w, "Refused with "+strconv.Itoa(what.Status)+" by a rule of the fault deck.", what.Status)
		t.cfg.Sink.Append(&record.Record{
			Time: t.now(), Conn: id, Kind: record.KindResponse, Dir: record.In, Head: responseHead(what.Status, w.Header()), Marks: record.Injected,
		})
		return number, false
	case what.Reset, what.Blackhole:
		t.vanish(w, id, what.Blackhole)
		return number, false
	}
	return number, true
}

// vanish leaves a handshake without an answer: reset, or silent until the client gives up.
func (t *Tap) vanish(w http.ResponseWriter, id uint32, silent bool) {
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it ends with the handler
	}
	defer nc.Close()
	how := "reset (RST) by a rule"
	if silent {
		how = "never answered, by a rule"
		waitForEnd(nc)
	} else if tcp := tcpBeneath(nc); tcp != nil {
		_ = tcp.SetLinger(0) // without it, the end is a FIN
	}
	t.cfg.Sink.Append(&record.Record{Time: t.now(), Conn: id, Kind: record.KindEnd, Reason: how, Marks: record.Injected})
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
