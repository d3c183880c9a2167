package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/match"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model/query"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

const sendUsage = `tetherscope send TEXT puts a message into a connection that a running server taps, or with -url into one of its own. - as the
text is standard input, and no text an empty message. Of a running server (-server, TETHERSCOPE_ADDR, or
` + defaultServer + `) it takes the one open connection, the one of -conn, or the one that -match finds
by number, path or client.

  tetherscope send -to client '{"type":"news"}'             what the server never said
  tetherscope send -match path:/ws/chat -op ping p          by its path
  tetherscope send -op close -code 1012 -reason restarting
  tetherscope send -hex 'c1 02 ff' -op 0x3 -rsv 2 -force    broken on purpose
  tetherscope send -url ws://127.0.0.1:7316/ws/echo hello   on a connection of its own; prints what comes back
  tetherscope send -url ws://127.0.0.1:7316/ws/echo -count 1 -json hello | jq -r .text

A message that breaks rules of RFC 6455 is not sent without -force: what it breaks is told. With -url, frames that come are
printed until -wait is over or -count messages have come; pings are answered.
Exit codes: 0 sent, and with -count so many messages came; 2 wrong usage, no server, or nothing was sent; 4 the connection
ended before the message was sent, fewer than -count messages came, or printing failed.
`

// sending is what the command was asked for.
type sending struct {
	io            *IO
	message       act.Message
	server, token string
	url, match    string
	conn          uint
	json          bool
	header        headerFlag
	trust         trust
	wait          time.Duration
	enough        int // messages to come; 0 for all
}

func runSend(ctx context.Context, io *IO, args []string) error {
	s := sending{io: io, header: headerFlag{}, trust: trust{io: io}}
	f := flag.NewFlagSet("send", flag.ContinueOnError)
	s.registerConn(f)
	f.StringVar(&s.message.To, "to", act.ToServer, "who gets it: client or server")
	f.StringVar(&s.message.Op, "op", "text", "`opcode`: text, binary, continuation, close, ping, pong, or 0x0 to 0xF")
	fin := f.Bool("fin", true, "FIN on the last frame")
	rsv := f.Uint("rsv", 0, "reserved `bits` of the first frame: 4 is RSV1, 2 RSV2, 1 RSV3")
	f.IntVar(&s.message.Split, "fragments", 0, "send it in `N` frames")
	asHex := f.Bool("hex", false, "the text is hexadecimal digits")
	code := f.Uint("code", 0, "close `code`, with -op close")
	f.StringVar(&s.message.Reason, "reason", "", "close reason, with -code")
	f.StringVar(&s.message.Inside, "inside", "", "when the message before has not ended: refuse, wait or force")
	f.BoolVar(&s.message.Force, "force", false, "send it although it breaks rules")
	f.BoolVar(&s.json, "json", false, "print JSON lines")
	rest, err := parse(f, io, sendUsage, args)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	f.Visit(func(one *flag.Flag) { given[one.Name] = true })
	if s.enough > 0 && !given["wait"] {
		s.wait = 10 * time.Second
	}
	if !*fin {
		s.message.Fin = fin
	}
	switch {
	case *rsv > 7:
		return fmt.Errorf("-rsv %d: at most 7, which is all three bits", *rsv)
	case *code > 0xFFFF:
		return fmt.Errorf("-code %d: at most 65535", *code)
	}
	if s.message.Rsv = uint8(*rsv); given["code"] {
		one := uint16(*code)
		s.message.Code = &one
	}
	if s.message.Code != nil && len(rest) > 0 {
		return errors.New("-code makes what a close frame carries: it stands without a text; -reason is for one")
	}
	if err := s.payload(rest, *asHex); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.url != "" {
		if s.conn != 0 || s.match != "" || s.server != "" {
			return errors.New("-url opens a connection of its own: it stands without -server, -conn and -match")
		}
		return s.own(ctx)
	}
	return s.tapped(ctx)
}

// registerConn adds the flags that say into which connection.
func (s *sending) registerConn(f *flag.FlagSet) {
	f.StringVar(&s.server, "server", "", "the running server's `URL`")
	f.StringVar(&s.token, "token", "", "the server's `token`, when its panel page cannot be asked for it")
	f.UintVar(&s.conn, "conn", 0, "the `number` of the connection")
	f.StringVar(&s.match, "match", "", "the connection that the `query` finds, as in the panel's filter")
	f.StringVar(&s.url, "url", "", "open a connection to this WebSocket `URL`")
	f.Var(s.header, "header", "a `field` of the handshake, as 'Name: value', with -url; may be given again")
	f.DurationVar(&s.wait, "wait", time.Second, "how long to print what comes back, with -url")
	f.IntVar(&s.enough, "count", 0, "stop after so many messages, with -url; fewer within -wait (then 10s unless given) are an error")
	s.trust.register(f)
}

// payload reads the text, from standard input if it is "-".
func (s *sending) payload(rest []string, asHex bool) error {
	if len(rest) > 1 {
		return fmt.Errorf("want one text, not %d: quote it", len(rest))
	}
	if len(rest) == 0 {
		return nil
	}
	text := rest[0]
	if text == "-" {
		b, err := io.ReadAll(io.LimitReader(s.io.In, act.MaxPayload*4))
		if err != nil {
			return err
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

// check finds what is wrong with the message before anybody is asked for a connection. The message calls its fields as the control
// API does; here they are flags.
func (s *sending) check() error {
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

// tapped sends through the control API of a running server.
func (s *sending) tapped(ctx context.Context) error {
	base := s.server
	if base == "" {
		base = serverURL(s.io)
	}
	h, err := s.trust.client()
	if err != nil {
		return err
	}
	client := scope.New(base, s.token, scope.WithHTTP(h))
	if s.token == "" {
		if client, err = scope.Dial(ctx, base, scope.WithHTTP(h)); err != nil {
			return fmt.Errorf("%w%s", err, hint(err))
		}
	}
	list, err := client.Conns(ctx)
	if err != nil {
		return err
	}
	conn, err := s.choose(list)
	if err != nil {
		return err
	}
	sent, err := client.Send(ctx, conn.ID, s.message)
	if err != nil {
		return err
	}
	return s.tell(conn, sent)
}

// tell prints what was sent.
func (s *sending) tell(conn act.Conn, sent act.Sent) (err error) {
	if s.json {
		err = json.NewEncoder(s.io.Out).Encode(struct {
			Conn uint32 `json:"conn"`
			To   string `json:"to"`
			act.Sent
		}{conn.ID, s.message.To, sent})
	} else {
		_, err = fmt.Fprintf(s.io.Out, "%d bytes (frames: %d) to the %s of #%d %q\n", sent.Bytes, sent.Frames, s.message.To, conn.ID, conn.Name)
		for _, p := range sent.Problems {
			s.io.say("it broke a rule there: %s (%s)\n", p.Name, p.Section)
		}
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// choose returns the one connection that is meant.
func (s *sending) choose(list []act.Conn) (act.Conn, error) {
	q, err := query.Parse(s.match)
	if err != nil {
		return act.Conn{}, fmt.Errorf("the query %q cannot be read: %w", s.match, err)
	}
	var found []act.Conn
	for _, c := range list {
		if s.conn != 0 && uint64(s.conn) != uint64(c.ID) {
			continue
		}
		var row match.Row
		row.Set(&record.Record{Kind: record.KindRequest, Conn: c.ID, Name: c.Name, Remote: c.Remote})
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

// describeConns names the first connections of a list.
func describeConns(list []act.Conn) string {
	var names []string
	for _, c := range list[:min(len(list), 10)] {
		names = append(names, fmt.Sprintf("#%d %q from %s", c.ID, c.Name, c.Remote))
	}
	if len(list) > 10 {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
