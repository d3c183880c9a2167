package fleet

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/origin"
)

// Times of a reader.
const (
	firstWait = 250 * time.Millisecond // before the second attempt; it doubles, and half of it is drawn
	maxWait   = 15 * time.Second
	steady    = 10 * time.Second // between two looks at the other clock, each of which may take as long
)

// ParsePeer checks the address of a peer. Over http it has to be one of this machine: captures pass in clear text then.
func ParsePeer(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is no address of a node; want one such as https://10.0.0.2:7316", text)
	case u.Scheme == "http" && !origin.Loopback(u.Host) && !origin.Loopback(u.Host+":80"):
		return nil, fmt.Errorf("%q is on another machine, and http would send its captures in clear text: start that node with -tls and use https, or reach it by a tunnel such as ssh -L", text)
	}
	u.Path = ""
	return u, nil
}

// Fingerprint is what names a certificate in proofs.
func Fingerprint(der []byte) string { return fmt.Sprintf("%X", sha256.Sum256(der)) }

// peer is one node that this one reads.
type peer struct {
	fleet     *Fleet
	url       *url.URL
	merger    Merger
	connected bool // guarded by fleet.mu, as all below
	clock     reading
	named     string // what it is called here
}

// run reads the peer until ctx ends, again and again.
func (p *peer) run(ctx context.Context) {
	said := ""
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		began := p.fleet.Now()
		joined, err := p.visit(ctx)
		if ctx.Err() != nil {
			return
		}
		if joined && p.fleet.Now().Sub(began) > steady {
			wait = firstWait
		}
		if text := err.Error(); text != said || joined {
			p.fleet.Report("peer %s: %v; it is tried again", p.url, err)
			said = text
		}
		if errors.Is(err, ErrSelf) || errors.Is(err, ErrTwice) || errors.Is(err, ErrSecret) {
			wait = maxWait
		}
		t := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// visit is one connection to the peer. joined says that it got as far as to its records.
func (p *peer) visit(ctx context.Context) (joined bool, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c, there, err := p.dial(ctx)
	if err != nil {
		return false, err
	}
	defer c.CloseNow()
	if err := p.fleet.claim(there.Run, p); err != nil {
		return false, err
	}
	defer p.fleet.left(p, there.Run)
	v := &visiting{peer: p, conn: c, answers: make(chan words, 1)}
	clock, err := v.first(ctx)
	if err != nil {
		return false, err
	}
	p.merger.begin(p.fleet.name(p, there.Node), there.Run, p.url.String(), clock, p.fleet.Now())
	p.fleet.reached(p, clock)
	v.readings = make(chan reading, 1)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		v.watch(ctx, stop)
	}()
	err = v.records(ctx, clock)
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		err = errors.New("this node was stopped")
	} else if cause != nil {
		err = cause
	}
	stop(nil)
	<-watched
	p.merger.end(err, p.fleet.Now())
	return true, err
}

// dial connects, and exchanges proofs.
func (p *peer) dial(ctx context.Context) (c *websocket.Conn, there words, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, greetTimeout, errLate)
	defer cancel()
	certificate := ""
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the proofs of both ends are about the certificate, so that one of another server is refused
		VerifyConnection: func(s tls.ConnectionState) error {
			certificate = Fingerprint(s.PeerCertificates[0].Raw)
			return nil
		},
	}}
	c, res, err := websocket.Dial(ctx, p.url.String()+Path, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport, CheckRedirect: stay}, Subprotocols: []string{Subprotocol},
	})
	switch {
	case err != nil && res != nil:
		return nil, there, fmt.Errorf("it answers %s: %s", res.Status, excerpt(res))
	case err != nil:
		return nil, there, err
	}
	if there, err = p.greet(ctx, c, certificate); err != nil {
		_ = c.CloseNow() // it is over either way
		return nil, there, err
	}
	return c, there, nil
}

// stay follows no redirect: it could lead from https, or from this machine, to another one over http.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// greet exchanges proofs.
func (p *peer) greet(ctx context.Context, c *websocket.Conn, certificate string) (there words, err error) {
	c.SetReadLimit(record.MaxBatch)
	challenge, err := listen(ctx, c)
	if err != nil {
		return there, err
	}
	f, nonce := p.fleet, draw()
	proof := f.Secret.prove(roleReader, certificate, challenge.Nonce, nonce)
	if err := say(ctx, c, words{Nonce: nonce, Proof: proof, Node: f.Node, Run: f.Run, Of: p.merger.run, After: p.merger.last}); err != nil {
		return there, err
	}
	there, err = listen(ctx, c)
	switch {
	case websocket.CloseStatus(err) == refused:
		return there, ErrSecret
	case err != nil:
		return there, err
	case !f.Secret.proves(there.Proof, roleServer, certificate, challenge.Nonce, nonce):
		return there, ErrSecret
	case there.Run == f.Run:
		return there, ErrSelf
	}
	return there, nil
}

// excerpt returns the first line of an answer.
func excerpt(res *http.Response) string {
	b := make([]byte, 200)
	n, _ := res.Body.Read(b) // websocket.Dial has read it
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(b[:n]), "?"), "\n")
	return line
}
