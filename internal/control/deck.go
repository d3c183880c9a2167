package control

import (
	"net/http"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/fault"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/scope/act"
)

// deck tells which deck of faults is in force.
func (a *API) deck(w http.ResponseWriter, _ *http.Request) { answer(w, a.inForce()) }

func (a *API) inForce() act.Deck {
	d := a.tap.Deck()
	if d == nil {
		return act.Deck{}
	}
	return act.Deck{Text: d.String()}
}

// arm puts a deck in force in place of the one before.
func (a *API) arm(w http.ResponseWriter, r *http.Request) {
	var in act.Deck
	if !read(w, r, &in) {
		return
	}
	d, err := fault.Parse(in.Text)
	if err != nil {
		fail(w, http.StatusBadRequest, &act.Failure{Text: err.Error(), Field: "text"})
		return
	}
	a.tap.Arm(d)
	answer(w, a.inForce())
}

// held lists the frames that wait for a decision, of the oldest connection first.
func (a *API) held(w http.ResponseWriter, _ *http.Request) {
	list := act.HeldFrames{Frames: []act.HeldFrame{}}
	for _, wire := range a.tap.Wires() {
		for _, h := range wire.Held() {
			list.Frames = append(list.Frames, act.HeldFrame{
				Conn: h.Conn, To: towards(h.Dir), ID: h.ID, Bytes: h.Bytes, Left: h.Left.Milliseconds(),
			})
		}
	}
	answer(w, list)
}

func towards(d record.Dir) string {
	if d == record.In {
		return act.ToClient
	}
	return act.ToServer
}

// decide decides about a held frame.
func (a *API) decide(w http.ResponseWriter, r *http.Request) {
	wire, ok := a.wire(w, r)
	var d act.Decision
	if !ok || !read(w, r, &d) {
		return
	}
	if err := a.decideOn(wire, &d); err != nil {
		refused(w, err)
		return
	}
	answer(w, d)
}

func (a *API) decideOn(wire tap.Wire, d *act.Decision) error {
	dir := record.In
	switch d.To {
	case act.ToClient:
	case act.ToServer:
		dir = record.Out
	default:
		return &act.FieldError{Field: "to", Problem: `is neither "client" nor "server"`}
	}
	switch d.Verdict {
	case act.Forward:
		return wire.Decide(dir, d.ID, tap.Forward, nil)
	case act.Discard:
		return wire.Decide(dir, d.ID, tap.Discard, nil)
	case act.Replace:
		frames, err := a.instead(wire, d)
		if err != nil {
			return err
		}
		return wire.Decide(dir, d.ID, tap.Replace, frames)
	}
	return &act.FieldError{Field: "verdict", Problem: "is not forward, discard or replace"}
}

// instead makes the frames that take the place of a held one.
func (a *API) instead(wire tap.Wire, d *act.Decision) ([]byte, error) {
	m := d.Message
	switch {
	case m == nil:
		return nil, &act.FieldError{Field: "message", Problem: "is missing: what shall take the frame's place?"}
	case m.To != "" && m.To != d.To:
		return nil, &act.FieldError{Field: "message.to", Problem: "is not " + strconv.Quote(d.To) + ", where the held frame goes"}
	}
	m.To = d.To
	frames, err := m.Frames(randomKey)
	if err != nil || m.Force {
		return frames, err
	}
	if list := act.Check(frames, act.Place{ToServer: m.To == act.ToServer, Deflate: deflate(wire)}); list != nil {
		return nil, &problemsError{list}
	}
	return frames, nil
}
