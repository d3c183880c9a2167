package tap

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/secret"
)

// The defaults of [Config].
const (
	DefaultSnap       = 64 << 10
	DefaultMaxInflate = 16 << 20
)

// Sink takes records. It must not keep r or anything in it after it returns, and must be callable from any goroutine.
// *hub.Hub is one.
type Sink interface {
	Append(r *record.Record)
}

// Config is what a tap needs to know.
type Config struct {
	Sink       Sink
	Snap       int // bytes kept of each payload and message; 0 means DefaultSnap
	MaxInflate int // bytes that a compressed message may inflate to in the tap; 0 means DefaultMaxInflate
}

// Tap watches the connections of one server. Its methods may be called from any goroutine.
type Tap struct {
	cfg     Config
	conns   atomic.Uint32
	busy    atomic.Int64 // nanoseconds
	telling atomic.Bool  // a timer runs that lets all directions tell what passed
	mu      sync.Mutex
	open    map[uint32]*conn
	armed   *armed    // the deck in force; nil for none
	begin   time.Time // times are this plus the monotonic time since: a stepped wall clock does not reorder a capture
}

// New returns a tap that records into cfg.Sink.
func New(cfg Config) *Tap {
	if cfg.Snap <= 0 {
		cfg.Snap = DefaultSnap
	}
	if cfg.MaxInflate <= 0 {
		cfg.MaxInflate = DefaultMaxInflate
	}
	return &Tap{cfg: cfg, open: map[uint32]*conn{}, begin: time.Now()}
}

// Busy returns how long the tapped connections have waited for the tap so far: decoding, inflating and recording what
// passed, on all of them together. It is an estimate: one in 16 pieces that pass in a direction is timed, for all of them.
func (t *Tap) Busy() time.Duration { return time.Duration(t.busy.Load()) }

// Handler returns next with its connections tapped under the given name. A request that next does not upgrade is
// recorded too, as a refused handshake.
func (t *Tap) Handler(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := t.conns.Add(1)
		request := RequestHead(r)
		blanked := secret.Blank(request)
		raw := rawHeads(r)
		t.cfg.Sink.Append(&record.Record{
			Time: t.now(), Conn: id, Kind: record.KindRequest, Head: blanked, Name: name, Remote: r.RemoteAddr, Waited: raw.waited(),
		})
		number, on := t.welcome(w, r, id)
		if !on {
			return
		}
		tw := &responseWriter{ResponseWriter: w, tap: t, id: id, name: name, request: blanked, raw: raw, number: number}
		next.ServeHTTP(tw, r.WithContext(context.WithValue(r.Context(), handledKey{}, tw)))
		if !tw.hijacked {
			t.response(id, secret.Blank(responseHead(tw.code(), w.Header())), tw.reached)
		}
	})
}

func (t *Tap) remember(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[c.id] = c
}

func (t *Tap) forget(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, c.id)
}

type handledKey struct{}

// Number returns the number under which the connection of r is recorded; 0 when it is not.
func Number(r *http.Request) uint32 {
	if w, ok := r.Context().Value(handledKey{}).(*responseWriter); ok {
		return w.id
	}
	return 0
}

// Reached is for a proxy: it says how the target of r was reached, for the record of the answer, which comes after it.
func Reached(r *http.Request, how record.Reached) {
	if w, ok := r.Context().Value(handledKey{}).(*responseWriter); ok {
		w.reached = how
	}
}

// response records the server's answer to a handshake. The head is blanked.
func (t *Tap) response(id uint32, head []byte, how record.Reached) {
	t.cfg.Sink.Append(&record.Record{
		Time: t.now(), Conn: id, Kind: record.KindResponse, Dir: record.In, Head: head, Reached: how,
	})
}

// now returns the time in nanoseconds since 1970.
func (t *Tap) now() int64 { return t.begin.UnixNano() + int64(time.Since(t.begin)) }
