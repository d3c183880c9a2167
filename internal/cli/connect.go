package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/cli/prompt"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope/act"
)

const connectUsage = `tetherscope connect URL opens a WebSocket connection. What you type is sent, a line for a message; what arrives is printed.

  tetherscope connect ws://127.0.0.1:7316/ws/echo
  tetherscope connect wss://example.com/ws -subprotocol graphql-transport-ws -H 'Authorization: Bearer …'
  printf 'one\ntwo\n' | tetherscope connect -count 2 ws://127.0.0.1:7316/ws/echo     lines in, messages out

On a terminal, lines are edited and kept in a history; those that begin with a slash are commands:

` + "%s" + `
JSON is indented and colored; NO_COLOR, or TERM=dumb, turns colors off. Into a pipe each message is one line, as it came: JSON that stands on
several lines is put on one, other line ends and control characters are escaped, binary messages are hexadecimal digits. From a pipe
each line is a message, slashes included (-commands reads them as commands); behind the last one responses are printed for -wait, or
until -count messages came. Pings are answered. Redirects are shown and not followed.
Exit codes: 0 closed by you, or by the server with code 1000; 2 wrong usage, or no connection; 4 the connection ended otherwise, fewer
than -count messages were received, or printing failed.
`

// connectCommand is what the command was asked for.
type connectCommand struct {
	io           *IO
	dialer       dialer
	subprotocols listFlag
	origin       string
	compress     bool
	wait         time.Duration
	want         int // messages to come; 0 for all
	json         bool
	commands     bool // slash commands, from a pipe
	history      string
	outgoing     outgoing
}

// outgoing is what holds for every message that is sent.
type outgoing struct {
	template act.Message // of a line, without the payload; its Split and Force hold for commands, too
	hex      bool        // lines are hexadecimal digits
}

// listFlag collects names, separated by commas.
type listFlag []string

// String implements flag.Value.
func (l *listFlag) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *listFlag) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if !token(name) {
			return fmt.Errorf("%q is no name: letters, digits and some of the other characters of ASCII (RFC 9110 §5.6.2)", name)
		}
		*l = append(*l, name)
	}
	return nil
}

func runConnect(ctx context.Context, io *IO, args []string) error {
	header := headerFlag{}
	c := connectCommand{io: io, dialer: dialer{header: http.Header(header), tls: tlsFlags{io: io}}}
	f := flag.NewFlagSet("connect", flag.ContinueOnError)
	f.Var(header, "header", "a `field` of the handshake, as 'Name: value'; may be given again")
	f.Var(header, "H", "short for -header: a `field`")
	f.Var(&c.subprotocols, "subprotocol", "offer these `names`, separated by commas; may be given again")
	f.StringVar(&c.origin, "origin", "", "the `origin` to name, as a browser does")
	f.BoolVar(&c.compress, "compress", false, "offer permessage-deflate: the server may compress; what is sent is not compressed")
	f.DurationVar(&c.wait, "wait", time.Second, "how long to print responses behind the last line of a pipe")
	f.IntVar(&c.want, "count", 0, "end after so many messages; fewer within -wait (then 10s unless given) behind the last line are an error")
	f.BoolVar(&c.json, "json", false, "print received frames as JSON lines")
	f.BoolVar(&c.commands, "commands", false, "lines of a pipe that begin with a slash are commands, as on a terminal")
	c.outgoing.template.To = act.ToServer
	f.BoolVar(&c.outgoing.hex, "hex", false, "each line is hexadecimal digits of a binary message")
	f.IntVar(&c.outgoing.template.Split, "fragments", 0, "send each message in `N` frames")
	f.BoolVar(&c.outgoing.template.Force, "force", false, "send despite violations of the protocol")
	f.StringVar(&c.history, "history", "", "`file` of the history, or none (default: connect-history in the state folder of the user)")
	c.dialer.tls.register(f)
	rest, err := parse(f, io, fmt.Sprintf(connectUsage, prompt.HelpText()), args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("want one URL, not %d: tetherscope connect ws://host:port/path", len(rest))
	}
	if c.dialer.url, err = parseWS("the URL", rest[0]); err != nil {
		return err
	}
	c.wait = patience(f, c.wait, c.want)
	if c.outgoing.hex {
		c.outgoing.template.Op = "binary"
	}
	return c.run(ctx)
}

// patience is how long to wait for responses: with a count longer, unless -wait says how long.
func patience(f *flag.FlagSet, wait time.Duration, want int) time.Duration {
	if want > 0 && !isGiven(f, "wait") {
		return 10 * time.Second
	}
	return wait
}

// isGiven reports whether a flag was on the command line.
func isGiven(f *flag.FlagSet, name string) (given bool) {
	f.Visit(func(one *flag.Flag) { given = given || one.Name == name })
	return given
}

// run connects and speaks.
func (c *connectCommand) run(ctx context.Context) error {
	c.offer()
	l, err := c.dialer.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if err := c.checkSubprotocol(l); err != nil {
		return err
	}
	s, restore := c.speaker(l)
	defer restore()
	return s.run(ctx)
}

// offer completes the header with what flags offer.
func (c *connectCommand) offer() {
	h := c.dialer.header
	if len(c.subprotocols) > 0 {
		h.Add("Sec-WebSocket-Protocol", strings.Join(c.subprotocols, ", "))
	}
	if c.origin != "" {
		h.Set("Origin", c.origin)
	}
	if c.compress {
		h.Add("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
	}
}

// checkSubprotocol refuses a server that speaks what was not offered (RFC 6455 §4.1).
func (c *connectCommand) checkSubprotocol(l *link) error {
	chosen := frame.ParseHandshake(l.peer.Request, l.peer.Response).Subprotocol
	var offered listFlag
	for _, line := range c.dialer.header.Values("Sec-WebSocket-Protocol") {
		_ = offered.Set(line) // what is no name is no offer either
	}
	switch {
	case chosen != "" && !slices.Contains(offered, chosen):
		l.closeWith(1002)
		return fmt.Errorf("the server chose the subprotocol %q, which was not offered (RFC 6455 §4.1)", chosen)
	case chosen == "" && len(offered) > 0:
		c.io.notice("the server chose none of the subprotocols %s\n", offered.String())
	}
	return nil
}

// frames returns the frames of a message as they stand on the wire, unless they break the protocol.
func (o *outgoing) frames(m act.Message, key func() [4]byte) ([]byte, error) {
	if m.Split == 0 && (m.Op == "" || m.Op == "text" || m.Op == "binary") {
		m.Split = o.template.Split
	}
	frames, err := m.Frames(key)
	if field, ok := errors.AsType[*act.FieldError](err); ok {
		return nil, errors.New(field.Problem)
	}
	if err != nil {
		return nil, err
	}
	if list := act.Check(frames, act.Place{ToServer: true}); list != nil && !o.template.Force {
		return nil, &act.Failure{Text: "the message breaks the protocol; with -force it is sent nevertheless", Problems: list}
	}
	return frames, nil
}

// message makes a message of a line that is none of the commands.
func (o *outgoing) message(line string) act.Message {
	m := o.template
	if o.hex {
		m.Hex = &line
	} else {
		m.Text, m.Base64 = textOrBytes(line)
	}
	return m
}

// readFile reads a file whose content is to be sent.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > act.MaxPayload {
		return nil, fmt.Errorf("%q has %d bytes: a message has at most %d", name, info.Size(), act.MaxPayload)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no file", name)
	}
	return os.ReadFile(name)
}

// frameRecord returns the record of a received frame.
func frameRecord(f *frame.Frame) *record.Record {
	r := &record.Record{Kind: record.KindFrame, Dir: record.In, Conn: 1, Time: time.Now().UnixNano()}
	r.SetFrame(f)
	return r
}
