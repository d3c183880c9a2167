package control

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/origin"
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
	ring     *ring.Ring
	patience time.Duration
	mux      *http.ServeMux
	hides    func(*tap.Intercepted) bool // see HideIntercepted
}

// route is one request that the API answers, as [http.ServeMux] spells it.
type route struct {
	pattern string
	serve   func(*API, http.ResponseWriter, *http.Request)
}

// routes are all of them. The last four are former names, which are still answered.
var routes = []route{
	{"GET /api/conns", (*API).conns},
	{"POST /api/conns/{id}/send", (*API).send},
	{"POST /api/conns/{id}/repeat", (*API).repeat},
	{"POST /api/conns/{id}/end", (*API).end},
	{"GET /api/rules", (*API).rules},
	{"PUT /api/rules", (*API).setRules},
	{"POST /api/rules/try", (*API).tryRules},
	{"GET /api/intercepted", (*API).intercepted},
	{"POST /api/conns/{id}/resolve", (*API).resolve},
	{"GET /api/snap", (*API).snap},
	{"PUT /api/snap", (*API).setSnap},
	{"GET /api/records/{seq}/page", (*API).page},
	{"GET /api/budget", (*API).budget},
	{"GET /api/deck", (*API).rules},
	{"PUT /api/deck", (*API).setRules},
	{"GET /api/held", (*API).intercepted},
	{"POST /api/conns/{id}/decide", (*API).resolve},
}

// Patterns returns the requests that the API answers, as [http.ServeMux] spells them.
func Patterns() (list []string) {
	for _, r := range routes {
		list = append(list, r.pattern)
	}
	return list
}

// PacketsPattern is the request for the state of a live capture, which the server answers itself.
const PacketsPattern = "GET /api/packets"

// ProxyPattern is the request for what has passed the forward proxy, which the server answers itself.
const ProxyPattern = "GET /api/proxy"

// DialPattern is the request for a connection to any server, and DialStatePattern that for what became of it; the server answers both itself.
const (
	DialPattern      = "POST /api/dial"
	DialStatePattern = "GET /api/dial/{id}"
)

// TargetsPattern, AddTargetPattern and RemoveTargetPattern are the requests for the targets of the proxy, which the server answers itself.
const (
	TargetsPattern      = "GET /api/targets"
	AddTargetPattern    = "POST /api/targets"
	RemoveTargetPattern = "DELETE /api/targets/{name}"
)

// ScriptPattern, SwitchScriptPattern and TryScriptPattern are the requests for the script, which the server answers itself.
const (
	ScriptPattern       = "GET /api/script"
	SwitchScriptPattern = "PUT /api/script"
	TryScriptPattern    = "POST /api/script/try"
)

// CheckRequestsPattern and RunRequestsPattern are the requests about files of requests, which the server answers itself.
const (
	CheckRequestsPattern = "POST /api/requests/check"
	RunRequestsPattern   = "POST /api/requests/run"
)

// SessionPattern is the request of the described API that the server answers itself: it gives out the token that the
// others ask for.
const SessionPattern = "GET " + feed.SessionPath

// New returns the API over the connections of t, whose records are in held. Patience 0 means [DefaultPatience].
func New(t *tap.Tap, held *ring.Ring, patience time.Duration) *API {
	if patience <= 0 {
		patience = DefaultPatience
	}
	a := &API{tap: t, ring: held, patience: patience, mux: http.NewServeMux()}
	for _, r := range routes {
		a.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { r.serve(a, w, q) })
	}
	return a
}

// HideIntercepted has the list of intercepted frames say [redact.Placeholder] in place of the payloads of frames for which holds reports that
// they hold a credential. It is called before requests are answered; holds is called by several goroutines.
func (a *API) HideIntercepted(holds func(*tap.Intercepted) bool) { a.hides = holds }

// ServeHTTP answers a request that passed the server's own checks, if it comes from this machine.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !origin.SameMachine(r) {
		fail(w, http.StatusForbidden, &act.Failure{Text: "acting on connections is for programs of this machine only"})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r)
}

// conns lists what is open.
func (a *API) conns(w http.ResponseWriter, _ *http.Request) {
	list := act.Conns{Conns: []act.Conn{}}
	for _, wire := range a.tap.Injectors() {
		request, response := wire.Heads()
		h := frame.ParseHandshake(request, response)
		list.Conns = append(list.Conns, act.Conn{
			ID: wire.ID(), Name: wire.Name(), Path: record.Target(request), Remote: wire.Remote(), Subprotocol: h.Subprotocol, Deflate: h.Deflate != nil,
			ToClient: direction(wire.Place(record.In)), ToServer: direction(wire.Place(record.Out)),
		})
	}
	answer(w, list)
}

func direction(p tap.Place) act.Direction {
	return act.Direction{Ready: p.Ready, InMessage: p.State.InMessage, Closed: p.State.Closed, Waiting: p.Waiting}
}

// wire finds the connection of a request, or answers that there is none.
func (a *API) wire(w http.ResponseWriter, r *http.Request) (tap.Injector, bool) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 32)
	if err == nil {
		if wire, ok := a.tap.Injector(uint32(id)); ok {
			return wire, true
		}
	}
	if _, elsewhere := record.OfPeer(uint32(id)); err == nil && elsewhere {
		fail(w, http.StatusNotFound, &act.Failure{Text: "connection " + strconv.FormatUint(id, 10) + " is on another node: act on it there"})
		return tap.Injector{}, false
	}
	fail(w, http.StatusNotFound, &act.Failure{Text: "no connection " + strconv.Quote(r.PathValue("id")) + " is open: it has ended, or never was"})
	return tap.Injector{}, false
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
