package control

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/scope/act"
)

// rules answers with the active fault rules.
func (a *API) rules(w http.ResponseWriter, _ *http.Request) { answer(w, a.active()) }

func (a *API) active() act.Rules {
	rules := a.tap.Rules()
	if rules == nil {
		return act.Rules{}
	}
	return act.Rules{Text: rules.String()}
}

// setRules replaces the active fault rules.
func (a *API) setRules(w http.ResponseWriter, r *http.Request) {
	var in act.Rules
	if !read(w, r, &in) {
		return
	}
	rules, err := fault.Parse(in.Text)
	if err != nil {
		fail(w, http.StatusBadRequest, &act.Failure{Text: err.Error(), Field: "text"})
		return
	}
	a.tap.SetRules(rules)
	answer(w, a.active())
}

// maxIntercepted is how many bytes of intercepted frames an answer holds: a panel asks for the list every second.
const maxIntercepted = 8 << 20

// intercepted lists the frames that wait to be resolved, those of the oldest connection first.
func (a *API) intercepted(w http.ResponseWriter, _ *http.Request) {
	var all []tap.Intercepted
	for _, wire := range a.tap.Injectors() {
		all = append(all, wire.Intercepted()...)
	}
	answer(w, listed(all, a.hides))
}

// listed returns the first frames, as far as maxIntercepted goes and at least one, and how many there are more.
func listed(all []tap.Intercepted, hides func(*tap.Intercepted) bool) act.Intercepted {
	list, size := act.Intercepted{Frames: []act.InterceptedFrame{}}, 0
	for i, f := range all {
		hidden := hides != nil && hides(&f)
		if hidden {
			f.Bytes = blanked(f.Bytes)
		}
		if size += len(f.Bytes); size > maxIntercepted && i > 0 {
			list.More = len(all) - i
			break
		}
		list.Frames = append(list.Frames, act.InterceptedFrame{
			Conn: f.Conn, To: receiver(f.Dir), ID: f.ID, Bytes: f.Bytes, Left: f.Left.Milliseconds(), Compressed: f.Compressed, Hidden: hidden,
		})
	}
	return list
}

// blanked returns a frame that says [redact.Placeholder] in place of what the frame says.
func blanked(whole []byte) []byte {
	h, _ := frame.ParseHeader(whole)
	h.Rsv = 0
	return frame.AppendFrame(nil, h, []byte(redact.Placeholder))
}

// receiver names the side that receives what travels in a direction.
func receiver(d record.Dir) string {
	if d == record.In {
		return act.ToClient
	}
	return act.ToServer
}

// resolve forwards, discards or replaces an intercepted frame.
func (a *API) resolve(w http.ResponseWriter, r *http.Request) {
	wire, ok := a.wire(w, r)
	var in act.Resolution
	if !ok || !read(w, r, &in) {
		return
	}
	if in.Decision == "" {
		in.Decision = in.Verdict // its former name
	}
	if err := a.resolveOn(wire, &in); err != nil {
		refused(w, err)
		return
	}
	answer(w, in)
}

// errHidden says that a frame is not replaced: what stands in the list in place of its payload is no text to edit.
var errHidden = errors.New("that frame holds a credential and is hidden: it can be forwarded as it arrived or discarded, and not be replaced")

func (a *API) resolveOn(wire tap.Injector, in *act.Resolution) error {
	dir := record.In
	switch in.To {
	case act.ToClient:
	case act.ToServer:
		dir = record.Out
	default:
		return &act.FieldError{Field: "to", Problem: `is neither "client" nor "server"`}
	}
	switch in.Decision {
	case act.Forward:
		return wire.Resolve(dir, in.ID, tap.Forward, nil)
	case act.Discard:
		return wire.Resolve(dir, in.ID, tap.Discard, nil)
	case act.Replace:
		if a.hidden(wire, dir, in.ID) {
			return errHidden
		}
		frames, err := replacement(wire, in)
		if err != nil {
			return err
		}
		return wire.Resolve(dir, in.ID, tap.Replace, frames)
	}
	return &act.FieldError{Field: "decision", Problem: "is not forward, discard or replace"}
}

// hidden reports whether an intercepted frame is listed without its payload.
func (a *API) hidden(wire tap.Injector, dir record.Dir, id uint64) bool {
	return a.hides != nil && slices.ContainsFunc(wire.Intercepted(), func(f tap.Intercepted) bool { return f.Dir == dir && f.ID == id && a.hides(&f) })
}

// replacement returns the frames that are sent in place of an intercepted one.
func replacement(wire tap.Injector, in *act.Resolution) ([]byte, error) {
	m := in.Message
	switch {
	case m == nil:
		return nil, &act.FieldError{Field: "message", Problem: "is missing: it is what replaces the frame"}
	case m.To != "" && m.To != in.To:
		return nil, &act.FieldError{Field: "message.to", Problem: "is not " + strconv.Quote(in.To) + ", the receiver of the intercepted frame"}
	}
	m.To = in.To
	frames, err := m.Frames(rawws.MaskingKey)
	if err != nil || m.Force {
		return frames, err
	}
	if list := act.Check(frames, act.Place{ToServer: m.To == act.ToServer, Deflate: deflate(wire)}); list != nil {
		return nil, &problemsError{list}
	}
	return frames, nil
}
