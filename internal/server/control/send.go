package control

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/scope/act"
)

// send puts one message into a connection.
func (a *API) send(w http.ResponseWriter, r *http.Request) {
	wire, ok := a.wire(w, r)
	var m act.Message
	if !ok || !read(w, r, &m) {
		return
	}
	sent, err := a.insert(r.Context(), wire, &m)
	if err != nil {
		refused(w, err)
		return
	}
	answer(w, sent)
}

// problemsError is a message that breaks rules and is not forced.
type problemsError struct{ list []act.Problem }

func (e *problemsError) Error() string {
	return "the message breaks the protocol; send it with force if that is what you want"
}

// insert makes a message into frames, checks them, and puts them in.
func (a *API) insert(ctx context.Context, wire tap.Injector, m *act.Message) (act.Sent, error) {
	inside, err := insideOf(m)
	if err != nil {
		return act.Sent{}, err
	}
	frames, err := m.Frames(rawws.MaskingKey)
	if err != nil {
		return act.Sent{}, err
	}
	toServer, err := m.Server()
	if err != nil {
		return act.Sent{}, err
	}
	dir := record.In
	if toServer {
		dir = record.Out
	}
	if !m.Force {
		at := act.Place{ToServer: toServer, Deflate: deflate(wire), InMessage: inside == tap.InsideForce && wire.Place(dir).State.InMessage}
		if list := act.Check(frames, at); list != nil {
			return act.Sent{}, &problemsError{list}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	where, err := wire.Inject(ctx, dir, tap.Injection{Frames: frames, Inside: inside})
	if err != nil {
		return act.Sent{}, err
	}
	return act.Sent{Bytes: len(frames), Frames: count(frames), Offset: where.Offset, Problems: problems(where.Violations)}, nil
}

func insideOf(m *act.Message) (tap.Inside, error) {
	switch m.Inside {
	case "", act.InsideRefuse:
		return tap.InsideRefuse, nil
	case act.InsideWait:
		return tap.InsideWait, nil
	case act.InsideForce:
		return tap.InsideForce, nil
	}
	return 0, &act.FieldError{Field: "inside", Problem: "is not refuse, wait or force"}
}

// deflate returns what the handshake agreed on.
func deflate(wire tap.Injector) *act.Deflate {
	request, response := wire.Heads()
	return (*act.Deflate)(frame.ParseHandshake(request, response).Deflate)
}

// problems puts broken rules into words.
func problems(v frame.Violations) (list []act.Problem) {
	for one := range v.All() {
		list = append(list, act.Problem{Name: one.Name, Section: one.Section, Explanation: one.Explanation})
	}
	return list
}

// count returns how many frames there are.
func count(frames []byte) (n int) {
	for len(frames) > 0 {
		h, size := frame.ParseHeader(frames)
		frames = frames[size+int(h.Length):]
		n++
	}
	return n
}

// refused answers for a message that was not put in.
func refused(w http.ResponseWriter, err error) {
	status, f := failure(err)
	fail(w, status, f)
}

// failure says why a message was not put in, and with which status.
func failure(err error) (int, *act.Failure) {
	f := &act.Failure{Text: err.Error()}
	var field *act.FieldError
	var rules *problemsError
	switch {
	case errors.As(err, &field):
		f.Field = field.Field
		return http.StatusBadRequest, f
	case errors.As(err, &rules):
		f.Problems = rules.list
		return http.StatusUnprocessableEntity, f
	case errors.Is(err, tap.ErrInMessage), errors.Is(err, tap.ErrHandshake), errors.Is(err, tap.ErrBroken), errors.Is(err, errHidden):
		return http.StatusConflict, f
	case errors.Is(err, tap.ErrEnded), errors.Is(err, fault.ErrNotIntercepted),
		errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ENOTCONN), errors.Is(err, syscall.EPIPE): // its peer was quicker
		return http.StatusGone, f
	case errors.Is(err, tap.ErrFull):
		return http.StatusServiceUnavailable, f
	case errors.Is(err, tap.ErrWaiting), errors.Is(err, tap.ErrUnread):
		return http.StatusGatewayTimeout, f
	}
	return http.StatusInternalServerError, f
}

// repeat puts a message in again and again. The answer is a stream of JSON values, one a line: an [act.Sent] for each, and an
// [act.Failure] when it ended early. It ends with the request.
func (a *API) repeat(w http.ResponseWriter, r *http.Request) {
	wire, ok := a.wire(w, r)
	var rep act.Repeat
	if !ok || !read(w, r, &rep) {
		return
	}
	if err := rep.Check(); err != nil {
		refused(w, err)
		return
	}
	out := stream{w: w, rc: http.NewResponseController(w), enc: json.NewEncoder(w)}
	if err := out.rc.SetReadDeadline(time.Time{}); err != nil { // the server's, whose end would end this request
		refused(w, err)
		return
	}
	tick := time.NewTicker(time.Duration(rep.Every) * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		sent, err := a.insert(r.Context(), wire, &rep.Message)
		if err != nil {
			out.fail(err, n-1)
			return
		}
		sent.Number = n
		if out.send(sent) != nil || n == rep.Count {
			return
		}
		select {
		case <-tick.C:
		case <-wire.Done():
			out.fail(tap.ErrEnded, n)
			return
		case <-r.Context().Done():
			return
		}
	}
}

// stream is an answer of several values.
type stream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	enc   *json.Encoder
	begun bool
}

// send writes a value. It fails when the requester is gone, or does not read.
func (s *stream) send(v any) error {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "application/jsonl")
	}
	if err := s.rc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if err := s.enc.Encode(v); err != nil {
		return err
	}
	return s.rc.Flush()
}

// fail says why nothing follows: with a status when nothing came before.
func (s *stream) fail(err error, sent int) {
	status, f := failure(err)
	f.Sent = sent
	if !s.begun {
		fail(s.w, status, f)
		return
	}
	_ = s.send(f) // it is over either way
}

// end ends a connection without a close frame.
func (a *API) end(w http.ResponseWriter, r *http.Request) {
	wire, ok := a.wire(w, r)
	var e act.End
	if !ok || !read(w, r, &e) {
		return
	}
	if err := finish(wire, &e); err != nil {
		refused(w, err)
		return
	}
	answer(w, e)
}

func finish(wire tap.Injector, e *act.End) error {
	switch e.How {
	case act.RST:
		return wire.Reset()
	case act.FIN:
		switch e.To {
		case act.ToClient:
			return wire.Finish(record.In)
		case act.ToServer:
			return wire.Finish(record.Out)
		}
		return &act.FieldError{Field: "to", Problem: `is neither "client" nor "server"`}
	}
	return &act.FieldError{Field: "how", Problem: `is neither "fin" nor "rst"`}
}
