package control

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxBody bounds a request's body: the largest payload in base64, and what stands around it.
const maxBody = act.MaxPayload/3*4 + 64<<10

// DefaultPatience is how long a message waits for a place between two frames, and for its receiver to take it.
const DefaultPatience = 5 * time.Second

// API answers requests of the control API. Make one with [New].
type API struct {
	tap      *tap.Tap
	patience time.Duration
	mux      *http.ServeMux
}

// Patterns are the requests that the API answers, as [http.ServeMux] spells them.
var Patterns = []string{
	"GET /api/conns", "POST /api/conns/{id}/send", "POST /api/conns/{id}/repeat", "POST /api/conns/{id}/end",
	"GET /api/deck", "PUT /api/deck", "GET /api/held", "POST /api/conns/{id}/decide",
}

// New returns the API over the connections of t. Patience 0 means [DefaultPatience].
func New(t *tap.Tap, patience time.Duration) *API {
	if patience <= 0 {
		patience = DefaultPatience
	}
	a := &API{tap: t, patience: patience, mux: http.NewServeMux()}
	for i, serve := range []http.HandlerFunc{a.conns, a.send, a.repeat, a.end, a.deck, a.arm, a.held, a.decide} {
		a.mux.HandleFunc(Patterns[i], serve)
	}
	return a
}

// ServeHTTP answers a request that passed the server's own checks, if it comes from this machine.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !at.Addr().Unmap().IsLoopback() {
		fail(w, http.StatusForbidden, &act.Failure{Text: "acting on connections is for programs of this machine only"})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r)
}

// conns lists what is open.
func (a *API) conns(w http.ResponseWriter, _ *http.Request) {
	list := act.Conns{Conns: []act.Conn{}}
	for _, wire := range a.tap.Wires() {
		request, response := wire.Heads()
		h := frame.ParseHandshake(request, response)
		list.Conns = append(list.Conns, act.Conn{
			ID: wire.ID(), Name: wire.Name(), Remote: wire.Remote(), Subprotocol: h.Subprotocol, Deflate: h.Deflate != nil,
			ToClient: way(wire.Place(record.In)), ToServer: way(wire.Place(record.Out)),
		})
	}
	answer(w, list)
}

func way(p tap.Place) act.Way {
	return act.Way{Ready: p.Ready, InMessage: p.State.InMessage, Closed: p.State.Closed, Waiting: p.Waiting}
}

// wire finds the connection of a request, or answers that there is none.
func (a *API) wire(w http.ResponseWriter, r *http.Request) (tap.Wire, bool) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 32)
	if err == nil {
		if wire, ok := a.tap.Wire(uint32(id)); ok {
			return wire, true
		}
	}
	fail(w, http.StatusNotFound, &act.Failure{Text: "no connection " + strconv.Quote(r.PathValue("id")) + " is open: it has ended, or never was"})
	return tap.Wire{}, false
}

// read reads a request's body into v, or answers why not.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if r.Header.Get("Content-Type") != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, &act.Failure{Text: "the Content-Type must be application/json"})
		return false
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		fail(w, http.StatusRequestEntityTooLarge, &act.Failure{Text: "the body is larger than " + strconv.Itoa(maxBody) + " bytes"})
	default:
		fail(w, http.StatusBadRequest, &act.Failure{Text: "the body is not the JSON that this asks for: " + err.Error()})
	}
	return false
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has left is no error of ours
}

func fail(w http.ResponseWriter, status int, f *act.Failure) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(f) // see answer
}

// randomKey returns a masking key that nobody can foresee (RFC 6455 §5.3).
func randomKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}
