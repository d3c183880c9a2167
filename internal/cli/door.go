package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/visit"
)

// door is a server of our own, for one kind of client: programs and pages of this machine.
type door struct {
	io      *IO
	listen  string
	origins originFlag
	hosts   hostFlag
	json    bool
	path    string // to be printed
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
func (d *door) register(f *flag.FlagSet, only string) {
	f.StringVar(&d.listen, "listen", "127.0.0.1:0", "the `address` to listen at"+only+"; port 0 takes a free one")
	f.Var(&d.origins, "allow-origin", "let pages of this `origin` connect"+only+"; may be given again")
	f.Var(&d.hosts, "allow-host", "further host `name` by which clients may call it"+only+"; may be given again")
}

// serve serves handler until ctx ends, and tells where on standard output.
func (d *door) serve(ctx context.Context, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.listen)
	if err != nil {
		return fmt.Errorf("-listen %s: %w", d.listen, err)
	}
	defer l.Close()
	if !visit.Loopback(d.listen) {
		d.io.say("%s is reached by more than this machine: whoever connects is answered\n", d.listen)
	}
	d.open = true
	url := "ws://" + visit.Callable(l.Addr().String()) + d.path
	if d.json {
		err = json.NewEncoder(d.io.Out).Encode(map[string]string{"listening": url})
	} else {
		_, err = io.WriteString(d.io.Out, "listening at "+url+"\n")
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	s := &http.Server{Handler: d.guard(handler), ReadHeaderTimeout: handshakeTime, MaxHeaderBytes: 32 << 10}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })() // nothing of it is waited for
	if err := s.Serve(l); ctx.Err() == nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// guard refuses requests for other hosts and from pages of other origins.
func (d *door) guard(next http.Handler) http.Handler {
	rules := visit.New("http", d.listen, d.hosts, d.origins)
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
				o.say("\r\x1b[K")
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
