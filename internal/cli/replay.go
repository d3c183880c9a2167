package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/cli/replay"
)

const replayUsage = `tetherscope replay CAPTURE -url ws://host/path replays the client side of a capture to a server; with -server -listen ADDRESS the server
side, to the next client that connects. The capture is a file (.tscap, .jsonl, .har, .pcapng, .pcap) or - for standard
input. Then it compares the responses with the capture, one line per message.

  tetherscope replay today.tscap -url ws://127.0.0.1:8080/ws         at the times of the capture
  tetherscope replay today.tscap -url ws://127.0.0.1:8080/ws -wait   each after as many messages as in the capture
  tetherscope replay bug.har -conn 3 -url wss://staging/ws -wait -check   for CI: exit code 1 when the answers differ
  tetherscope replay today.tscap -url wss://staging -header "Cookie: $C"  to the captured path, as another user
  tetherscope replay today.tscap -server -speed max                  to a client, all at once

Frames are sent unchanged: fragments, control frames, reserved bits. Masking keys are new, compressed messages are sent uncompressed,
pings are answered, and so is a close that the other side begins. The handshake is the captured one: its header fields,
Origin among them, subprotocols, and when -url names a host only, its path and query. Host, keys and extensions are new, credentials
(Authorization, cookies, tokens) are left out and reported; -header adds them, or replaces a field; -bare sends no fields.
  = equal to the capture   ~ of the same type and JSON shape   ! different   - missing   + not in the capture
Exit codes: 0 played to the end; 1 with -check: what came differs (of another type or shape, missing, or more; with -exact in any
byte); 2 wrong usage, no such capture or server, or the capture cannot be played; 3 played, but parts of the capture were damaged;
4 not played to the end, or printing failed.
`

// replayCommand is what the command was asked for.
type replayCommand struct {
	io          *IO
	url         *url.URL
	server      bool
	listener    targetListener
	pace        replay.Pace
	header      headerFlag
	tls         tlsFlags
	patience    time.Duration
	linger      time.Duration
	json, check bool
	bare        bool
	exact       bool
	output      string
	force       bool
	script      *replay.Script
	recorder    *recorder
	counts      map[replay.Verdict]int
}

func runReplay(ctx context.Context, io *IO, args []string) error {
	p := replayCommand{io: io, header: headerFlag{}, tls: tlsFlags{io: io}, listener: targetListener{io: io}, counts: map[replay.Verdict]int{}}
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	to := f.String("url", "", "the server's `URL`, ws:// or wss://")
	f.BoolVar(&p.server, "server", false, "play the server, to a client that connects")
	p.listener.register(f, ", with -server")
	speed := f.String("speed", "1", "so many `times` as fast as in the capture, or max: all at once")
	f.BoolVar(&p.pace.Wait, "wait", false, "wait for the answers instead of the time")
	f.Var(p.header, "header", "a `field` of the handshake, as 'Name: value'; may be given again")
	f.BoolVar(&p.bare, "bare", false, "send none of the captured handshake's header fields but the subprotocols")
	p.tls.register(f)
	f.DurationVar(&p.patience, "patience", 10*time.Second, "how `long` to wait for the other end when it is its turn")
	f.DurationVar(&p.linger, "linger", 200*time.Millisecond, "how `long` to wait for more than the capture has")
	s := scriptLoader{io: io}
	f.UintVar(&s.conn, "conn", 0, "the `number` of the connection in the capture")
	f.StringVar(&s.query, "query", "", "the connection in which the `query` finds something, as in the panel's filter")
	f.BoolVar(&s.cut, "cut", false, "send payloads of which the capture has only the start, as far as it has them")
	f.BoolVar(&p.check, "check", false, "exit with 1 when what came differs from the capture")
	f.BoolVar(&p.exact, "exact", false, "with -check: when a byte differs, too")
	f.BoolVar(&p.json, "json", false, "print JSON lines")
	f.StringVar(&p.output, "o", "", "record the traffic to this `file`: .tscap, .jsonl, .har, .pcapng")
	f.BoolVar(&p.force, "force", false, "replace an existing file")
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, replayUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || (*to == "") == !p.server {
		return errors.New("want one capture, and either -url or -server: tetherscope replay -help says more")
	}
	if p.pace.Speed, err = parseSpeed(*speed); err != nil {
		return err
	}
	s.keyLog = *keyLog
	if s.name = rest[0]; p.server {
		s.role = replay.Server
	} else if p.url, err = parseWS("-url", *to); err != nil {
		return err
	}
	return p.run(ctx, &s)
}

// parseSpeed reads a speed; 0 is all at once.
func parseSpeed(text string) (float64, error) {
	if text == "max" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimPrefix(text, "x"), 64)
	if err != nil || !(n >= 0.001 && n <= 1e6) {
		return 0, fmt.Errorf("-speed %q is none: want a number such as 1, 10 or 0.5, or max", text)
	}
	return n, nil
}

func (p *replayCommand) run(ctx context.Context, s *scriptLoader) error {
	list, damage, err := s.read(ctx)
	if err != nil {
		return err
	}
	if p.script, err = single(list); err != nil {
		return err
	}
	if err := s.warn(p.script); err != nil {
		return err
	}
	if p.recorder, err = newRecorder(p.io, p.output, p.force); err != nil {
		return err
	}
	if p.server {
		err = p.serve(ctx)
	} else {
		err = p.dial(ctx)
	}
	if e := p.recorder.close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if p.check && p.differs() {
		return &exitError{ExitFound, nil}
	}
	return damage
}

func (p *replayCommand) differs() bool {
	c := p.counts
	return c[replay.Differs]+c[replay.Missing]+c[replay.Extra] > 0 || p.exact && c[replay.SameShape] > 0
}

// dial plays the client.
func (p *replayCommand) dial(ctx context.Context) error {
	a := reuseHandshake(p.script.Request, p.url, http.Header(p.header), p.bare)
	if len(a.hidden) > 0 {
		p.io.notice("left out as credentials: %s (-header 'Name: value', or the whole -url, gives them)\n", strings.Join(a.hidden, ", "))
	}
	d := dialer{url: a.url, header: a.header, tls: p.tls, see: p.recorder.see}
	if offered := p.subprotocols(); len(offered) > 0 && d.header.Get("Sec-WebSocket-Protocol") == "" {
		d.header.Set("Sec-WebSocket-Protocol", strings.Join(offered, ", "))
	}
	l, err := d.dial(ctx)
	if err != nil {
		return err
	}
	return p.play(ctx, l)
}

// subprotocols returns what the client of the capture had offered, without credentials, which are not in the capture.
func (p *replayCommand) subprotocols() (list []string) {
	for _, one := range p.script.Offered {
		if strings.Contains(one, redact.Placeholder) {
			p.io.notice("a subprotocol that the client offered was a credential, and is hidden: -header 'Sec-WebSocket-Protocol: …' gives it\n")
			continue
		}
		list = append(list, one)
	}
	return list
}

// serve plays the server to the first client that connects.
func (p *replayCommand) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	links := make(chan *link)
	p.listener.json, p.listener.path = p.json, p.script.Path
	served := make(chan error, 1)
	go func() {
		served <- p.listener.serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l, err := acceptLink(w, r, 1, p.script.Subprotocol, p.recorder.see)
			if err != nil {
				return
			}
			select {
			case links <- l:
			case <-ctx.Done():
				l.close()
			}
		}))
	}()
	select {
	case l := <-links:
		return p.play(ctx, l)
	case err := <-served:
		if err == nil {
			err = &exitError{ExitUnfinished, errStopped}
		}
		return err
	}
}

// play plays the script, then prints the comparison whatever came of it.
func (p *replayCommand) play(ctx context.Context, l *link) error {
	st := newSession(l, p.script, p.pace)
	st.patience, st.linger = p.patience, p.linger
	stop := tick(p.io, func() {
		sent, frames, received, messages := st.progress()
		p.io.status(fmt.Sprintf("\r%d of %d frames sent, %d of %d messages came ", sent, frames, received, messages))
	})
	err := st.play(ctx)
	stop()
	if e := p.printComparison(st); e != nil {
		return &exitError{ExitUnfinished, e}
	}
	var exit *exitError
	if err != nil && !errors.As(err, &exit) {
		err = &exitError{ExitUnfinished, err}
	}
	return err
}
