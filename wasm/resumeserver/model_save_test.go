//go:build !js

package resumeserver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/internal/session"
)

// What the nodes of the model save, and what they do with the answers of the store.

// save lets a node save what it has. The answer of the store, or the question, may get lost; otherwise it comes at some time
// after it.
func (m *model) save(i int, fault int) {
	m.settle(i)
	n := m.nodes[i]
	if n.state == nil {
		return
	}
	if n.alone && !n.kept.own {
		if !n.kept.saving && !n.kept.doubt {
			n.kept.question()
		}
		return
	}
	st, ok := n.kept.step(n.state)
	if !ok {
		return
	}
	st.Name, st.Lifetime = n.name, modelLifetime
	if n.alone {
		m.release(n, st, n.kept.alone)
		return
	}
	err := errAway
	if !m.away[i] && fault != 1 {
		err = n.store.Save(context.Background(), []Step{st})[0]
	}
	if fault != 0 {
		err = errAway
		n.late = append(n.late, st)
	}
	n.saving = &modelSave{st, err}
}

// settle is what a node does with the store's answer to a step.
func (m *model) settle(i int) {
	n := m.nodes[i]
	if n.saving == nil {
		return
	}
	st, err := n.saving.step, n.saving.err
	n.saving = nil
	switch {
	case err == nil:
		m.release(n, st, n.kept.saved)
	case errors.Is(err, ErrMoved) && !n.kept.refused(st):
	case errors.Is(err, ErrMoved):
		if n.conn == m.conn {
			m.conn = nil
		}
		n.state, n.conn, n.kept, n.confirmed = nil, nil, kept{}, false
	default:
		n.kept.failed(st, errors.Is(err, ErrUnknown))
	}
}

// release lets out what a step has, and notes what the client is to get by that.
func (m *model) release(n *modelNode, st Step, out func(*session.Session, Step) bool) {
	from := n.state.Last()
	out(n.state, st)
	for number, i := from+1, int(from-n.state.Acked()); number <= n.state.Last(); number, i = number+1, i+1 {
		m.released[fmt.Sprint(n.name, " ", number, " ", n.kept.moves)] = binary.BigEndian.Uint64(n.state.Unacked()[i].Data)
	}
}

// renew lets a node learn whether it can reach the store: it goes on alone at any time after it cannot, and with the store at any
// time after it can.
func (m *model) renew(i int) {
	n := m.nodes[i]
	n.alone = m.away[i]
	if !n.alone {
		n.kept.stale = true
	}
}

// stale lets a step that was given up reach the store after all.
func (m *model) stale(n *modelNode) {
	if len(n.late) > 0 {
		n.store.Save(context.Background(), n.late[:1])
		n.late = n.late[1:]
	}
}

// write lets the handler write what no message asked for.
func (m *model) write(n *modelNode) {
	if n.state == nil || !n.confirmed {
		return
	}
	m.news++
	n.kept.write(session.Message{Data: binary.BigEndian.AppendUint64(nil, news|m.news)})
}
