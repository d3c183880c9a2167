package cli

import (
	"bufio"
	"context"
	"flag"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

const showUsage = `tetherscope show [SOURCE] prints a capture, one line per frame. The source is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for
standard input, or the URL of a running server, whose live traffic is then shown; without one,
` + defaultServer + `.

  tetherscope show                                  live traffic of the default server
  tetherscope show today.tscap | less
  tetherscope show -query 'dir:in op:text $.price>100' today.tscap
  tetherscope show -follow -query lint growing.tscap
  tetherscope show -now -query 'op:close' http://127.0.0.1:7316      what a server has captured until now
  tetherscope show -json today.tscap | jq '.body.text // .text'   text of messages, also compressed ones
  tcpdump -i lo -U -w - 'tcp port 8080' | tetherscope show -      as it passes; also dumpcap -q -i lo -w -

What a packet file has that is no WebSocket, or cannot be read, is counted by reason on standard error, and with -json in lines
{"v":1,"omitted":{"reason":"tls","count":3,…}}.
Lines are colored on a terminal; NO_COLOR, or TERM=dumb, turns that off.
-query takes the filter language of the panel; the last frame of a message represents the whole message.
Exit codes: 0 done; 2 wrong usage or no such capture; 3 done, but parts of the source were damaged; 4 stopped early.
`

func runShow(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("show", flag.ContinueOnError)
	text := f.String("query", "", "show only records that match the `query`, in the panel's filter language")
	asJSON := f.Bool("json", false, "print JSON lines, as in a .jsonl file")
	follow := f.Bool("follow", false, "wait for more records at the end of the file")
	secrets := f.Bool("secrets", false, "show credentials in handshakes")
	now := registerNow(f)
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	secure := tlsFlags{io: io}
	secure.register(f)
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, showUsage, args)
	if err != nil {
		return err
	}
	s, err := sourceOf(io, rest)
	if err != nil {
		return err
	}
	s.follow, s.now, s.token, s.tls, s.keyLog = *follow, *now, *token, secure, *keyLog
	if err := s.checkNow(); err != nil {
		return err
	}
	sel, err := recordfilter.NewSelection(*text)
	if err != nil {
		return err
	}
	p := printer{out: bufio.NewWriterSize(io.Out, 64<<10), json: *asJSON, secrets: *secrets}
	if *asJSON {
		s.eachOmitted = p.omitted
	} else if terminalFile(io.output) != nil && !io.colorless() {
		p.color = terminal.NewColorWriter(io.output)
	}
	live := *follow || isURL(s.name)
	s.waits = func() { _ = p.out.Flush() } // a pipe may be live; the next print reports an error
	err = s.read(ctx, func(r *record.Record) error {
		if err := p.gap(r); err != nil {
			return err
		}
		if err := sel.Push(r, p.print); err != nil || !live {
			return err
		}
		return p.out.Flush()
	})
	if e := sel.Flush(p.print); e != nil && err == nil {
		err = e
	}
	if e := p.out.Flush(); e != nil && err == nil {
		err = &exitError{ExitUnfinished, e}
	}
	return err
}

// sourceOf returns the source that arguments name: the default server for none.
func sourceOf(io *IO, args []string) (*source, error) {
	switch len(args) {
	case 0:
		return &source{io: io, name: serverURL(io)}, nil
	case 1:
		s := &source{io: io, name: args[0]}
		return s, s.check()
	}
	return nil, fmt.Errorf("want one source, not %d", len(args))
}
