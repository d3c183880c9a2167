package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// door is a server of our own, for one kind of client: programs and pages of this machine.
type door struct {
	io      *IO
	listen  string
	origins originFlag
	json    bool
	path    string // to be printed
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

// serve serves handler until ctx ends, and tells where on standard output.
func (d *door) serve(ctx context.Context, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.listen)
	if err != nil {
		return fmt.Errorf("-listen %s: %w", d.listen, err)
	}
	defer l.Close()
	if host, _, _ := net.SplitHostPort(d.listen); !loopbackHost(host) {
		d.io.say("%s is reached by more than this machine: whoever connects is answered\n", d.listen)
	}
	url := "ws://" + l.Addr().String() + d.path
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

// guard refuses requests for other hosts and from pages of other origins: a page anywhere can make a browser connect.
func (d *door) guard(next http.Handler) http.Handler {
	own, _, _ := net.SplitHostPort(d.listen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.Trim(host, "[]")
		ip, err := netip.ParseAddr(own)
		anyHost := own == "" || err == nil && ip.IsUnspecified()
		switch {
		case !anyHost && !loopbackHost(host) && !strings.EqualFold(host, own):
			http.Error(w, "This server does not answer to that Host.", http.StatusMisdirectedRequest)
		case !d.welcome(r):
			http.Error(w, "Pages of that Origin may not connect: start with -allow-origin if it is yours.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// welcome reports whether a request comes from no page, from one of this server's address, or from one that is allowed.
func (d *door) welcome(r *http.Request) bool {
	fields := r.Header.Values("Origin")
	if len(fields) != 1 {
		return len(fields) == 0
	}
	origin := strings.ToLower(fields[0])
	for _, allowed := range d.origins {
		if origin == allowed {
			return true
		}
	}
	return origin == "http://"+strings.ToLower(r.Host)
}

// loopbackHost reports whether a host is this machine and nothing else.
func loopbackHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
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
