//go:build !js

package resumeserver

import (
	"context"
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// How a client of the model comes to a session.

// connect begins a connection to a node, with a hello that may be late, or get lost, as every frame.
func (m *model) connect(i int) {
	n := m.nodes[i]
	m.conn, m.at = &modelConn{}, i
	k := &modelTake{conn: m.conn, client: m.client.Position(), err: errAway}
	k.name, k.moves = session.SplitName(m.id)
	n.hellos = append(n.hellos, k)
}

// greet lets a node take a hello, of a connection that the client may have given up.
func (m *model) greet(i int) {
	m.taken(i) // requests for one session wait for one another
	n := m.nodes[i]
	if len(n.hellos) == 0 {
		return
	}
	k := n.hellos[0]
	n.hellos = n.hellos[1:]
	if k.name == "" {
		if m.conn == k.conn {
			m.begin(n, session.Fresh)
		}
		return
	}
	if n.has(k.name) {
		n.kept.taking = true
	}
	if !m.away[i] {
		k.record, k.err = n.store.Take(context.Background(), k.name, "", k.moves)
	}
	n.asking = k
}

func (n *modelNode) has(name string) bool { return n.state != nil && n.name == name }

// begin makes a new session for the client.
func (m *model) begin(n *modelNode, outcome session.Outcome) {
	m.names++
	*n = modelNode{store: n.store, alone: n.alone, late: n.late, hellos: n.hellos, name: fmt.Sprint("S", m.names), state: session.New(1 << 20), kept: newKept(nil, m.rand.Uint32)}
	if _, err := n.state.Attach(session.Position{Window: 1 << 20}); err != nil {
		panic(err)
	}
	m.welcome(n, m.conn, outcome)
}

// welcome gives the session of n a connection, which its client may have given up meanwhile.
func (m *model) welcome(n *modelNode, c *modelConn, outcome session.Outcome) {
	n.conn, n.given = c, n.kept.token()
	c.welcomed = n.given
	c.toClient = append(c.toClient, modelFrame{welcome: &session.Welcome{
		Outcome: outcome, ID: session.JoinName(n.name, n.given), Position: n.state.Position(), Sent: n.state.Last(),
	}})
}

// taken lets a node do what follows from the store's answer to a Take.
func (m *model) taken(i int) {
	n := m.nodes[i]
	k := n.asking
	if k == nil {
		return
	}
	n.asking = nil
	outcome := m.resume(n, k)
	if outcome == session.Resumed {
		if _, err := n.state.Attach(k.client); err != nil {
			outcome = session.Gone
		}
	}
	switch outcome { //nolint:exhaustive // all others are refusals to the client
	case session.Resumed:
		m.welcome(n, k.conn, outcome)
	case waits:
		if m.conn == k.conn {
			m.conn = nil // the client is to wait
		}
	default:
		if m.conn == k.conn {
			m.begin(n, session.Gone)
		} else { // no client will ever know the new session
			*n = modelNode{store: n.store, alone: n.alone, late: n.late, hellos: n.hellos}
		}
	}
}

const waits = session.Outcome(99)

// resume is what Server does about a hello, as far as the store is concerned.
func (m *model) resume(n *modelNode, k *modelTake) session.Outcome {
	var here *kept
	if n.has(k.name) {
		here = &n.kept
	}
	switch decide(here, k.moves, k.record, k.err) {
	case goOn:
		n.kept.retaken(k.record.Moves)
	case goOnOwn:
		n.kept.unheld()
	case goOnAlone:
	case restore:
		m.moves++
		*n = modelNode{store: n.store, alone: n.alone, late: n.late, hellos: n.hellos, name: k.name, state: restored(1<<20, k.record), kept: newKept(&k.record, m.rand.Uint32)}
	case wait:
		n.kept.taking = false
		return waits
	case lost:
		return session.Gone
	}
	n.kept.taking = false
	return session.Resumed
}
