//go:build !js

package resumeserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// The model: one client, two nodes and a store, whose every step comes in any order. It uses the code that servers use, apart
// from goroutines and sockets: session.Session, kept, decide and MemoryStore. The client numbers its messages, and the handler
// of whichever node answers each with itself.

// news marks what a handler wrote although no message asked for it.
const news = 1 << 63

const modelLifetime = 30 * time.Second

var errAway = errors.New("the store cannot be reached")

// modelNode is one run of a node.
type modelNode struct {
	store     Store
	state     *session.Session // nil: it has no session
	kept      kept
	name      string
	confirmed bool
	alone     bool // it goes on without the store
	conn      *modelConn
	given     uint64       // the token that conn has carried last
	hellos    []*modelTake // on their way to it
	late      []Step       // that were given up, and may still reach the store
	saving    *modelSave
	asking    *modelTake
}

// modelSave is a step whose answer is on its way to the node.
type modelSave struct {
	step Step
	err  error
}

// modelTake is a hello for a session, which a node takes in the store, with the answer on its way.
type modelTake struct {
	conn   *modelConn
	name   string
	moves  uint64 // that the client knows
	client session.Position
	record Record
	err    error
}

// modelConn is a connection: frames on their way.
type modelConn struct {
	toClient, toNode []modelFrame
	greeted          bool
	welcomed         uint64 // the token in the welcome
	answered         bool   // the client has sent a frame after it
}

type modelFrame struct {
	bytes   []byte
	welcome *session.Welcome
}

type model struct {
	rand     *rand.Rand
	clock    time.Time
	memory   *MemoryStore
	away     [2]bool // the store cannot be reached from the node
	nodes    [2]*modelNode
	conn     *modelConn
	at       int // the node of conn
	client   *session.Session
	id       string
	sent     uint64
	news     uint64 // messages of handlers that answer none
	moves    int    // times that a node took the session from another
	answers  []uint64
	gaps     int
	released map[string]uint64 // by session and number: what a node let out
	names    int
}

func newModel(seed uint64) *model {
	m := &model{rand: rand.New(rand.NewPCG(seed, 0)), clock: time.Unix(1e9, 0), client: session.New(1 << 20), released: map[string]uint64{}}
	m.memory = NewMemoryStore(time.Second)
	m.memory.now, m.memory.nonce = func() time.Time { return m.clock }, m.rand.Uint32
	for i := range m.nodes {
		m.start(i)
	}
	return m
}

// start begins a new run of a node; the one before is killed.
func (m *model) start(i int) {
	var late []Step
	if old := m.nodes[i]; old != nil {
		if m.conn != nil && m.at == i {
			m.conn = nil
		}
		late = old.late
	}
	m.nodes[i] = &modelNode{store: m.memory.Node(), late: late, alone: m.away[i]}
}

// isControl reports whether a frame carries no message, and is a text therefore.
func isControl(p []byte) bool { return p[0] != 'm' }

// hear lets the client take a frame.
func (m *model) hear() {
	c := m.conn
	if c == nil || len(c.toClient) == 0 {
		return
	}
	f := c.toClient[0]
	c.toClient = c.toClient[1:]
	if f.welcome == nil {
		got, _, err := m.client.Receive(isControl(f.bytes), f.bytes)
		if err != nil {
			panic(err)
		}
		if got == session.GotToken {
			name, _ := session.SplitName(m.id)
			m.id = session.JoinName(name, m.client.Token())
			pong, _ := m.client.Pong(nil)
			c.toNode = append(c.toNode, modelFrame{bytes: pong})
		}
		for msg, ok := m.client.Read(); ok; msg, ok = m.client.Read() {
			m.answers = append(m.answers, binary.BigEndian.Uint64(msg.Data))
		}
		return
	}
	w := f.welcome
	p := session.Position{Window: 1 << 20}
	switch w.Outcome {
	case session.Resumed:
		p = session.Position{Taken: w.Taken, Received: w.Received, Window: 1 << 20}
	case session.Gone:
		m.gap()
	case session.Fresh:
	}
	if _, err := m.client.Attach(p); err != nil { // as the client does after two of these
		m.gap()
		m.id, m.conn = "", nil
		return
	}
	m.id, c.greeted = w.ID, true
	c.toNode = append(c.toNode, modelFrame{bytes: m.client.Confirm(nil)})
}

func (m *model) gap() {
	fresh, _ := m.client.Renew(0, false)
	m.client = fresh
	m.gaps++
}

// speak lets the client send a frame.
func (m *model) speak() {
	if m.conn == nil || !m.conn.greeted {
		return
	}
	if frame, _, ok := m.client.Next(nil); ok {
		m.conn.toNode = append(m.conn.toNode, modelFrame{bytes: frame})
	} else if frame, ok := m.client.Ack(nil); ok {
		m.conn.toNode = append(m.conn.toNode, modelFrame{bytes: frame})
	}
}

// listen lets a node take a frame.
func (m *model) listen(n *modelNode) {
	if n.conn == nil || len(n.conn.toNode) == 0 {
		return
	}
	f := n.conn.toNode[0]
	n.conn.toNode = n.conn.toNode[1:]
	got, _, err := n.state.Receive(isControl(f.bytes), f.bytes)
	if err != nil {
		panic(err)
	}
	if got == session.GotPong {
		n.kept.confirmed(n.state.Answered())
	} else if !n.conn.answered {
		n.kept.confirmed(n.conn.welcomed)
	}
	n.conn.answered, n.confirmed = true, true
}

// answer lets a node send a frame.
func (m *model) answer(n *modelNode) {
	if n.conn == nil || n.state == nil {
		return
	}
	if token := n.kept.offer(); token != 0 && token != n.given {
		n.given = token
		n.conn.toClient = append(n.conn.toClient, modelFrame{bytes: session.AppendToken(nil, token)})
	} else if frame, _, ok := n.state.Next(nil); ok {
		n.conn.toClient = append(n.conn.toClient, modelFrame{bytes: frame})
	} else if frame, ok := n.state.Ack(nil); ok {
		n.conn.toClient = append(n.conn.toClient, modelFrame{bytes: frame})
	}
}

// work is what the handler does: it comes back for a message and answers it.
func (m *model) work(n *modelNode) {
	if n.state == nil || !n.confirmed {
		return
	}
	if msg, ok := n.kept.read(n.state); ok {
		n.kept.write(session.Message{Data: msg.Data})
	}
}

// check: nothing is doubled or out of order, and without a gap nothing is missing.
func (m *model) check() error {
	var answers, written uint64
	for _, a := range m.answers {
		last := &answers
		if a&news != 0 {
			last = &written
		}
		if a <= *last {
			return fmt.Errorf("doubled or out of order: %x", m.answers)
		}
		if last == &answers && a != answers+1 && m.gaps == 0 {
			return fmt.Errorf("an answer is missing without a gap: %x", m.answers)
		}
		*last = a
	}
	return nil
}

// pump lets everything that is healthy do some steps.
func (m *model) pump() {
	for range m.rand.IntN(40) {
		n := m.nodes[m.rand.IntN(2)]
		switch m.rand.IntN(11) {
		case 0:
			m.sent++
			m.client.Append(session.Message{Data: binary.BigEndian.AppendUint64(nil, m.sent)})
		case 1:
			m.hear()
		case 2:
			m.speak()
		case 3:
			m.listen(n)
		case 4:
			m.answer(n)
		case 5:
			m.work(n)
		case 6:
			m.write(n)
		case 7:
			m.save(m.rand.IntN(2), 0)
		case 8:
			m.settle(m.rand.IntN(2))
		case 9:
			m.taken(m.rand.IntN(2))
		case 10:
			m.greet(m.rand.IntN(2))
		}
	}
}

// fault does one thing that servers and their networks suffer.
func (m *model) fault() {
	i := m.rand.IntN(2)
	switch m.rand.IntN(14) {
	case 0, 1, 2:
		m.connect(i)
	case 3:
		m.conn = nil
	case 4:
		m.save(i, 1)
	case 5:
		m.save(i, 2)
	case 6:
		m.stale(m.nodes[i])
	case 7:
		m.start(i)
	case 8:
		m.away[i] = !m.away[i]
	case 9, 10, 11:
		m.renew(i)
	case 12:
		m.clock = m.clock.Add(time.Duration(1+m.rand.IntN(8)) * time.Second)
	case 13:
		if m.rand.IntN(4) == 0 { // as Redis without persistence after a restart
			clear(m.memory.sessions)
		}
	}
}

// run is one life of the model.
func (m *model) run() error {
	m.connect(0)
	m.greet(0)
	for range 3 + m.rand.IntN(25) {
		m.pump()
		m.fault()
		if err := m.check(); err != nil {
			return err
		}
	}
	return m.heal()
}

// heal lets everything work: then every message is answered, and everything that a node let out arrives.
func (m *model) heal() error {
	m.away = [2]bool{}
	for range 12 {
		for i, n := range m.nodes {
			m.renew(i)
			for range 200 {
				m.taken(i)
				m.greet(i)
				m.speak()
				m.listen(n)
				m.work(n)
				m.save(i, 0)
				m.answer(n)
				m.hear()
			}
		}
		if m.conn == nil {
			m.connect(1)
		}
	}
	if err := m.check(); err != nil || m.gaps > 0 {
		return err
	}
	got := map[uint64]bool{}
	for _, a := range m.answers {
		got[a] = true
	}
	for at, value := range m.released {
		if !got[value] {
			return fmt.Errorf("%x, let out as %s, did not arrive, and there was no gap", value, at)
		}
	}
	for n := range m.sent {
		if !got[n+1] {
			return fmt.Errorf("%d messages were sent, and %d is not answered, without a gap: %x", m.sent, n+1, m.answers)
		}
	}
	return nil
}

// TestSessionsInTheModel: whatever the client, two nodes and their store do in whatever order, with connections lost, hellos that
// come after the client has gone elsewhere, nodes killed and stopped, requests to the store lost, late and repeated, and the store
// away from either node or empty again, no message is doubled or reordered, and nothing that a node let out or a client sent is
// lost without a gap; and when everything works again so does the session. The ordinary run has the same lives each time.
// TETHERSCOPE_LONG takes 300,000 new ones.
func TestSessionsInTheModel(t *testing.T) {
	runs := 5000
	if testing.Short() {
		runs = 1000
	}
	gaps, moves := 0, 0
	first := uint64(1)
	if os.Getenv("TETHERSCOPE_LONG") != "" {
		first, runs = rand.Uint64(), 300_000
	}
	for seed := first; seed < first+uint64(runs); seed++ {
		m := newModel(seed)
		if err := m.run(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if m.gaps > 0 {
			gaps++
		}
		moves += m.moves
	}
	t.Logf("%d runs from seed %d: %d of them with gaps; the session moved %d times", runs, first, gaps, moves)
	if moves < runs/2 || gaps > runs*3/4 {
		t.Error("the model hardly moves sessions, or hardly without a gap: it proves little")
	}
}
