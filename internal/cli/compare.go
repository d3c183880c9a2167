package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

const compareUsage = `tetherscope compare A B compares two captures of the same traffic, before and after a change: messages that are missing, new or
changed, slower answers, other header fields and close codes. Each is a file (.tscap, .jsonl, .har, .pcapng, .pcap), - for standard input,
or the URL of a running server, for what it has captured until now.

  tetherscope compare before.tscap after.tscap
  tetherscope compare -query 'dir:in op:text' before.tscap after.tscap
  tetherscope compare -slower 1.5x -slower-by 50ms before.har after.har
  tetherscope compare -json before.tscap after.tscap | jq 'select(.result == "missing")'

Connections are paired by path, subprotocol and order; messages by direction, what their decoder calls them, members and order. A value that
differs in nearly all messages of one kind is listed once, and so are ids, times and random values, which count as no difference without
-strict. Pings and pongs are not compared. With -query only messages that match are compared.

  - only in A   + only in B   ~ other values   ! other members or types   ≈ differs everywhere   ≋ ids and times   t slower

Exit codes: 0 no difference; 1 they differ; 2 wrong usage, no such capture, or an empty one; 3 no difference, but parts of a capture were
damaged; 4 stopped early.
`

// compareCommand is the command with its flags.
type compareCommand struct {
	io      *IO
	query   string
	json    bool
	secrets bool
	options compare.Options
}

func runCompare(ctx context.Context, io *IO, args []string) error {
	c := compareCommand{io: io, options: compare.DefaultOptions}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.StringVar(&c.query, "query", "", "compare only messages that match the `query`, in the panel's filter language")
	f.BoolVar(&c.json, "json", false, "print JSON lines")
	f.BoolVar(&c.secrets, "secrets", false, "show credentials in handshakes")
	f.Func("slower", "an answer is slower when it took this many `times` as long, 2x by default; off compares no times", c.setRatio)
	f.DurationVar(&c.options.Least, "slower-by", c.options.Least, "and at least this much longer")
	f.BoolVar(&c.options.Strict, "strict", false, "ids, times and random values count as any other")
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	secure := tlsFlags{io: io}
	secure.register(f)
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, compareUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return fmt.Errorf("want two captures, not %d", len(rest))
	}
	if rest[0] == "-" && rest[1] == "-" {
		return errors.New("only one of the captures can be standard input")
	}
	sides := make([]*compare.Capture, len(rest))
	damaged := false
	for i, name := range rest {
		s := &source{io: io, name: name, token: *token, tls: secure, keyLog: *keyLog}
		s.now = isURL(name)
		if sides[i], err = c.read(ctx, s); err != nil && !isDamage(err) {
			return err
		}
		damaged = damaged || err != nil
	}
	result := compare.Compare(sides[0], sides[1], c.options)
	if err := c.print(rest, result); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	switch {
	case result.Counts.Different():
		return &exitError{ExitFound, nil}
	case damaged:
		return &exitError{ExitDamaged, nil}
	}
	return nil
}

// setRatio reads the value of -slower.
func (c *compareCommand) setRatio(s string) error {
	if s == "off" {
		c.options.Ratio = 0
		return nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "x"), 64)
	if err != nil || n < 1 || n > 1e6 {
		return errors.New("want a number from 1 up, such as 1.5x, or off")
	}
	c.options.Ratio = n
	return nil
}

// read reads one of the captures. An error of damage comes with what could be read.
func (c *compareCommand) read(ctx context.Context, s *source) (*compare.Capture, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	sel, err := recordfilter.NewSelection(c.query)
	if err != nil {
		return nil, err
	}
	b := compare.NewBuilder(c.query != "")
	choose := func(r *record.Record) error { //nolint:unparam // as a selection calls it
		b.Choose(r.Seq)
		return nil
	}
	seen := false
	err = s.read(ctx, func(r *record.Record) error {
		seen = true
		if !c.secrets {
			r = redact.Record(r)
		}
		b.Add(r)
		return sel.Push(r, choose)
	})
	if e := sel.Flush(choose); e != nil {
		return nil, e
	}
	switch {
	case err != nil && !isDamage(err):
		return nil, err
	case ctx.Err() != nil:
		return nil, &exitError{ExitUnfinished, nil}
	case !seen: // in a pipe, what should have written it has failed
		return nil, fmt.Errorf("%s: it has no records, so nothing was compared", s.name)
	}
	return b.Capture(), err
}

// print prints the result.
func (c *compareCommand) print(names []string, r *compare.Result) error {
	out := bufio.NewWriterSize(c.io.Out, 64<<10)
	if c.json {
		if err := printCompareJSON(out, names, r); err != nil {
			return err
		}
		return out.Flush()
	}
	p := comparePrinter{out: terminal.NewWriter(out)}
	if terminalFile(c.io.output) != nil && !c.io.colorless() {
		out.Reset(c.io.output)
		p.out = terminal.NewColorWriter(out)
	}
	p.result(names, r)
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// times writes two durations and how they compare: "12ms → 80ms (6.7x)".
func times(was, is time.Duration) string {
	s := rounded(was) + " → " + rounded(is)
	if was > 0 {
		s += fmt.Sprintf(" (%.1fx)", float64(is)/float64(was))
	}
	return s
}

// rounded writes a duration with three digits or so.
func rounded(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}
