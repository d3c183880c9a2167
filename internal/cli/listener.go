package cli

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/origin"
)

// targetListener is a server of our own, for one kind of client: programs and pages of this machine.
type targetListener struct {
	io      *IO
	listen  string
	origins originFlag
	hosts   hostFlag
	json    bool
	path    string // of a capture, to be printed; what is no path is left out
	open    bool   // it listened
}

// originFlag collects origins of pages that may connect.
type originFlag []string

// String implements flag.Value.
func (o *originFlag) String() string { return strings.Join(*o, " ") }

// Set implements flag.Value.
func (o *originFlag) Set(text string) error {
	if scheme, host, ok := strings.Cut(text, "://"); !ok || scheme == "" || host == "" {
		return fmt.Errorf("%q is no origin: want http://host:port", text)
	}
	*o = append(*o, strings.ToLower(strings.TrimSuffix(text, "/")))
	return nil
}

// hostFlag collects names by which a server may be called.
type hostFlag []string

// String implements flag.Value.
func (h *hostFlag) String() string { return strings.Join(*h, " ") }

// Set implements flag.Value.
func (h *hostFlag) Set(text string) error {
	if text == "" || strings.ContainsAny(text, "/*@ ") {
		return fmt.Errorf("%q is no host name: want it without scheme, port and path", text)
	}
	*h = append(*h, text)
	return nil
}

// register adds the flags of a server; only says when they have a meaning.
func (d *targetListener) register(f *flag.FlagSet, only string) {
	f.StringVar(&d.listen, "listen", "127.0.0.1:0", "the `address` to listen at"+only+"; port 0 takes a free one")
	f.Var(&d.origins, "allow-origin", "let pages of this `origin` connect"+only+"; may be given again")
	f.Var(&d.hosts, "allow-host", "further host `name` by which clients may call it"+only+"; may be given again")
}

// serve serves handler until ctx ends, and tells where on standard output.
func (d *targetListener) serve(ctx context.Context, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.listen)
	if err != nil {
		return fmt.Errorf("-listen %s: %w", d.listen, err)
	}
	defer l.Close()
	if !origin.Loopback(d.listen) {
		d.io.notice("%s is reached by more than this machine: every client that connects is answered\n", d.listen)
	}
	d.open = true
	address := callableURL(l.Addr().String(), d.path)
	if d.json {
		err = writeJSON(d.io.Out, map[string]string{"listening": address})
	} else {
		err = writeLine(d.io.Out, "listening at %s\n", address)
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	s := &http.Server{ // an open WebSocket has no deadlines: Hijack takes them away
		Handler: d.guard(handler), ReadHeaderTimeout: handshakeTimeout, ReadTimeout: 2 * handshakeTimeout, WriteTimeout: 2 * handshakeTimeout,
		IdleTimeout: 2 * handshakeTimeout, MaxHeaderBytes: 32 << 10,
	}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })() // nothing of it is waited for
	if err := s.Serve(l); ctx.Err() == nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// callableURL is the URL to call a server by that listens on addr, with the path of a capture: a stream that was joined in its
// middle has a description in its place.
func callableURL(addr, path string) string {
	u := url.URL{Scheme: "ws", Host: origin.Callable(addr), Path: "/"}
	if strings.HasPrefix(path, "/") {
		u.Path, u.RawPath = decodedPath(path), path
	}
	return u.String()
}

// guard refuses requests for other hosts and from pages of other origins.
func (d *targetListener) guard(next http.Handler) http.Handler {
	rules := origin.New("http", d.listen, d.hosts, d.origins)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !rules.Host(r.Host):
			http.Error(w, "This server does not answer to that Host: start with -allow-host if the name is yours.", http.StatusMisdirectedRequest)
		case !rules.Origin(r):
			http.Error(w, "Pages of that Origin may not connect: start with -allow-origin if it is yours.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// tick calls each every second until stopped, if progress is shown.
func tick(o *IO, each func()) (stop func()) {
	if !o.Progress {
		return func() {}
	}
	t := time.NewTicker(time.Second)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-t.C:
				each()
			case <-done:
				t.Stop()
				o.status(clearLine)
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
