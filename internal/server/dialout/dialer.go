package dialout

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Prefix is what the paths of tickets begin with.
const Prefix = "/ws/dial/"

// Bounds of what is prepared, open or remembered.
const (
	lifetime   = 30 * time.Second
	maxTickets = 64
	maxOpen    = 64
)

// ErrBusy is why a connection cannot be opened now.
var ErrBusy = errors.New("64 connections are open or being opened this way: close one first")

// Dialer makes tickets and opens their connections. Its methods may be called from any goroutine.
type Dialer struct {
	now func() time.Time

	mu      sync.Mutex
	tickets []*ticket // the oldest first
	open    map[*proxy.Proxy]struct{}
	over    bool
}

// New returns a dialer. Close it.
func New(now func() time.Time) *Dialer {
	return &Dialer{now: now, open: map[*proxy.Proxy]struct{}{}}
}

// ticket is a connection that may be opened, or was. The dialer's lock guards its fields.
type ticket struct {
	id      string // also in the path
	made    time.Time
	used    bool
	request *request
	options proxy.Options
	problem string
}

// Prepare makes a ticket for a connection. options are those of targets; the ports of this program are among them. The error is [ErrBusy] or an
// [*act.FieldError].
func (d *Dialer) Prepare(in act.Dial, options proxy.Options) (act.Dialled, error) {
	q, err := newRequest(in)
	if err != nil {
		return act.Dialled{}, err
	}
	if q.own(options.OwnPorts) {
		return act.Dialled{}, nil
	}
	t := &ticket{id: rand.Text(), made: d.now(), request: q, options: options}
	if q.tls != nil {
		t.options.TLS = q.tls
	}
	t.options.RewriteOrigin, t.options.KeepHost, t.options.Named = false, true, nil
	t.options.Head = q.head
	t.options.Reached = func(err error) { d.reached(t, err) }
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.forget(); len(d.open)+d.pending() >= maxOpen {
		return act.Dialled{}, ErrBusy
	}
	d.tickets = append(d.tickets, t)
	return act.Dialled{ID: t.id, Path: Prefix + t.id + "/" + q.path()}, nil
}

// forget drops tickets of which nothing is asked any more, and the oldest of those that cannot be used when there are too many. The caller holds
// the lock.
func (d *Dialer) forget() {
	d.tickets = slices.DeleteFunc(d.tickets, func(t *ticket) bool { return d.now().Sub(t.made) > 2*lifetime })
	for len(d.tickets) >= maxTickets {
		i := slices.IndexFunc(d.tickets, func(t *ticket) bool { return !d.valid(t) })
		if i < 0 {
			return
		}
		d.tickets = slices.Delete(d.tickets, i, i+1)
	}
}

// pending returns how many tickets can still be used. The caller holds the lock.
func (d *Dialer) pending() (n int) {
	for _, t := range d.tickets {
		if d.valid(t) {
			n++
		}
	}
	return n
}

func (d *Dialer) valid(t *ticket) bool { return !t.used && d.now().Sub(t.made) <= lifetime }

// reached notes why a server could not be reached.
func (d *Dialer) reached(t *ticket, err error) {
	if err == nil {
		return
	}
	d.mu.Lock()
	t.problem = advice(err)
	d.mu.Unlock()
}

// State returns what became of a ticket; ok is false for one that is not known, or not any more.
func (d *Dialer) State(id string) (s act.DialState, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tickets {
		if t.id == id {
			return act.DialState{Problem: t.problem}, true
		}
	}
	return s, false
}

// Claim returns under which name the connection of a request is recorded, and what serves it. The ticket is used up.
func (d *Dialer) Claim(r *http.Request) (name string, h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tickets {
		if d.valid(t) && r.URL.EscapedPath() == Prefix+t.id+"/"+t.request.route() {
			t.used = true
			return t.request.name(), d.serve(t)
		}
	}
	return strings.TrimSuffix(Prefix, "/"), http.HandlerFunc(refuse)
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Connection", "close")
	http.Error(w, "This path opens connections that were asked for with POST /api/dial, each once and within 30 seconds.", http.StatusForbidden)
}

// serve returns the handler of a ticket's connection.
func (d *Dialer) serve(t *ticket) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := proxy.New(t.request.target, t.options)
		d.mu.Lock()
		if d.over {
			d.mu.Unlock()
			refuse(w, r)
			return
		}
		d.open[p] = struct{}{}
		d.mu.Unlock()
		p.ServeHTTP(w, r)
		d.mu.Lock()
		delete(d.open, p)
		d.mu.Unlock()
		p.Close(r.Context())
	})
}

// Close ends every connection as [proxy.Proxy.Close] does. Later ones are refused.
func (d *Dialer) Close(ctx context.Context) {
	var left sync.WaitGroup
	d.mu.Lock()
	d.over, d.tickets = true, nil
	for p := range d.open {
		left.Go(func() { p.Close(ctx) })
	}
	d.mu.Unlock()
	left.Wait()
}
