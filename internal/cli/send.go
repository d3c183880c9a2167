package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

const sendUsage = `tetherscope send TEXT sends a message on a connection that a running server taps, or with -url on a new one. - as the
text is standard input, and no text an empty message. On a running server (-server, TETHERSCOPE_ADDR, or
` + defaultServer + `) it uses the one open connection, or the one that -conn or -match selects.

  tetherscope send -to client '{"type":"news"}'             sent to the client
  tetherscope send -match path:/ws/chat -op ping p          by its path
  tetherscope send -op close -code 1012 -reason restarting
  tetherscope send -hex 'c1 02 ff' -op 0x3 -rsv 2 -force    invalid on purpose
  tetherscope send -url ws://127.0.0.1:7316/ws/echo hello   on a new connection; prints the responses
  tetherscope send -url ws://127.0.0.1:7316/ws/echo -count 1 -json hello | jq -r .text
  tail -f news.jsonl | tetherscope send -to client -lines -     each line a message, as it comes

A message that violates RFC 6455 is not sent without -force: the violations are listed. With -url, received frames are
printed until -wait is over or -count messages were received, a greeting included; pings are answered. Then the connection is
closed, and the server's answer to that awaited: all of the message has left before. A user and a password in the URL are sent
as Basic authentication; redirects are shown and not followed.
Exit codes: 0 sent, and with -count that many messages received; 2 wrong usage, no server, or nothing was sent; 4 the connection
ended before the message was sent, fewer than -count messages were received, or printing failed.
`

// sendCommand is what the command was asked for.
type sendCommand struct {
	io            *IO
	message       act.Message
	server, token string
	url, match    string
	conn          uint
	json          bool
	header        headerFlag
	tls           tlsFlags
	wait          time.Duration
	enough        int // messages to come; 0 for all
}

func runSend(ctx context.Context, io *IO, args []string) error {
	s := sendCommand{io: io, header: headerFlag{}, tls: tlsFlags{io: io}}
	f := flag.NewFlagSet("send", flag.ContinueOnError)
	s.registerConn(f)
	f.StringVar(&s.message.To, "to", act.ToServer, "receiver: client or server")
	f.StringVar(&s.message.Op, "op", "text", "`opcode`: text, binary, continuation, close, ping, pong, or 0x0 to 0xF")
	fin := f.Bool("fin", true, "FIN on the last frame")
	rsv := f.Uint("rsv", 0, "reserved `bits` of the first frame: 4 is RSV1, 2 RSV2, 1 RSV3")
	f.IntVar(&s.message.Split, "fragments", 0, "send it in `N` frames")
	asHex := f.Bool("hex", false, "the text is hexadecimal digits")
	code := f.Uint("code", 0, "close `code`, with -op close")
	f.StringVar(&s.message.Reason, "reason", "", "close reason, with -code")
	f.StringVar(&s.message.Inside, "inside", "", "when the message before has not ended: refuse, wait or force")
	f.BoolVar(&s.message.Force, "force", false, "send it despite violations")
	lines := f.String("lines", "", "send each line of a `file` as a message of its own; - is standard input")
	f.BoolVar(&s.json, "json", false, "print JSON lines")
	rest, err := parse(f, io, sendUsage, args)
	if err != nil {
		return err
	}
	s.wait = patience(f, s.wait, s.enough)
	if !*fin {
		s.message.Fin = fin
	}
	switch {
	case *rsv > 7:
		return fmt.Errorf("-rsv %d: at most 7, which is all three bits", *rsv)
	case *code > 0xFFFF:
		return fmt.Errorf("-code %d: at most 65535", *code)
	}
	if s.message.Rsv = uint8(*rsv); isGiven(f, "code") {
		one := uint16(*code)
		s.message.Code = &one
	}
	if s.message.Code != nil && len(rest) > 0 {
		return errors.New("-code makes what a close frame carries: it stands without a text; -reason is for one")
	}
	if *lines != "" {
		if len(rest) > 0 || s.message.Code != nil {
			return errors.New("-lines has the texts: it stands without one, and without -code")
		}
		if err := s.check(); err != nil {
			return err
		}
		return s.sendLines(ctx, *lines, *asHex)
	}
	if err := s.payload(rest, *asHex); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.url != "" {
		return s.connect(ctx)
	}
	return s.inject(ctx)
}

// registerConn adds the flags that say into which connection.
func (s *sendCommand) registerConn(f *flag.FlagSet) {
	f.StringVar(&s.server, "server", "", "the running server's `URL`")
	f.StringVar(&s.token, "token", "", "the server's `token`, when the server does not give it to this machine")
	f.UintVar(&s.conn, "conn", 0, "the `number` of the connection")
	f.StringVar(&s.match, "match", "", "the connection that matches the `query`, in the panel's filter language")
	f.StringVar(&s.url, "url", "", "open a connection to this WebSocket `URL`")
	f.Var(s.header, "header", "a `field` of the handshake, as 'Name: value', with -url; may be given again")
	f.DurationVar(&s.wait, "wait", time.Second, "how long to print responses once the message was sent, with -url")
	f.IntVar(&s.enough, "count", 0, "stop after so many messages, with -url; fewer within -wait (then 10s unless given) are an error")
	s.tls.register(f)
}

// payload reads the text, from standard input if it is "-".
func (s *sendCommand) payload(rest []string, asHex bool) error {
	if len(rest) > 1 {
		return fmt.Errorf("want one text, not %d: quote it", len(rest))
	}
	if len(rest) == 0 {
		return nil
	}
	text := rest[0]
	if text == "-" {
		const most = act.MaxPayload * 4 // hexadecimal digits with spaces between them
		b, err := io.ReadAll(io.LimitReader(s.io.In, most+1))
		if err != nil {
			return err
		}
		if len(b) > most {
			return fmt.Errorf("standard input has more than %d bytes: a payload has at most %d", most, act.MaxPayload)
		}
		text = string(b)
	}
	if asHex {
		s.message.Hex = &text
		return nil
	}
	s.message.Text, s.message.Base64 = textOrBytes(text)
	return nil
}

// check finds what is wrong with the message before a connection is looked for. The message calls its fields as the control
// API does; here they are flags.
func (s *sendCommand) check() error {
	_, err := s.message.Server()
	if err == nil {
		_, err = s.message.Frames(func() [4]byte { return [4]byte{} })
	}
	field, ok := errors.AsType[*act.FieldError](err)
	if !ok {
		return err
	}
	if name, ok := flagsOfFields[field.Field]; ok {
		return fmt.Errorf("%s %s", name, field.Problem)
	}
	return err
}

// flagsOfFields are the fields that are not called as the flag is.
var flagsOfFields = map[string]string{
	"to": "-to", "op": "-op", "hex": "the text", "split": "-fragments", "reason": "-reason", "inside": "-inside",
}

// inject sends through the control API of a running server.
func (s *sendCommand) inject(ctx context.Context) error {
	client, conn, err := s.tapped(ctx)
	if err != nil {
		return err
	}
	sent, err := client.Send(ctx, conn.ID, s.message)
	if err != nil {
		return err
	}
	return s.printSent(conn, sent)
}

// tapped returns the server and the one connection that is meant.
func (s *sendCommand) tapped(ctx context.Context) (*scope.Client, act.Conn, error) {
	base := s.server
	if base == "" {
		base = serverURL(s.io)
	}
	client, err := dialServer(ctx, base, s.token, &s.tls)
	if err != nil {
		return nil, act.Conn{}, err
	}
	list, err := client.Conns(ctx)
	if err != nil {
		return nil, act.Conn{}, err
	}
	conn, err := s.choose(list)
	return client, conn, err
}

// printSent prints what was sent.
func (s *sendCommand) printSent(conn act.Conn, sent act.Sent) (err error) {
	if s.json {
		err = writeJSON(s.io.Out, struct {
			Conn uint32 `json:"conn"`
			To   string `json:"to"`
			act.Sent
		}{conn.ID, s.message.To, sent})
	} else {
		err = writeLine(s.io.Out, "%s (frames: %d) to the %s of #%d %q\n", counted(sent.Bytes, "byte"), sent.Frames, s.message.To, conn.ID, connName(conn))
		for _, p := range sent.Problems {
			s.io.notice("it broke a rule there: %s (%s)\n", p.Name, p.Section)
		}
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// choose returns the one connection that is meant.
func (s *sendCommand) choose(list []act.Conn) (act.Conn, error) {
	q, err := query.Parse(s.match)
	if err != nil {
		return act.Conn{}, fmt.Errorf("the query %q cannot be read: %w", s.match, err)
	}
	var found []act.Conn
	for _, c := range list {
		if s.conn != 0 && uint64(s.conn) != uint64(c.ID) {
			continue
		}
		var row recordfilter.Row
		row.Set(&record.Record{Kind: record.KindRequest, Conn: c.ID, Name: c.Name, Remote: c.Remote, Head: requestLine(c)})
		if q.Empty() || q.Match(&row) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(list) == 0:
		return act.Conn{}, errors.New("the server taps no open connection")
	case len(found) == 0:
		return act.Conn{}, fmt.Errorf("none of the %d open connections is the one: %s", len(list), describeConns(list))
	}
	return act.Conn{}, fmt.Errorf("%d open connections may be meant: name one with -conn or -match: %s", len(found), describeConns(found))
}

// requestLine returns what is known of a connection's request as a head.
func requestLine(c act.Conn) []byte {
	if c.Path == "" {
		return nil
	}
	return []byte("GET " + c.Path + " HTTP/1.1\r\n\r\n")
}

// connName returns path and query of a connection, and the name of its target beside them.
func connName(c act.Conn) string { return record.SocketName(c.Name, requestLine(c)) }

// describeConns names the first connections of a list.
func describeConns(list []act.Conn) string {
	var names []string
	for _, c := range list[:min(len(list), 10)] {
		names = append(names, fmt.Sprintf("#%d %q from %s", c.ID, connName(c), c.Remote))
	}
	if len(list) > 10 {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
