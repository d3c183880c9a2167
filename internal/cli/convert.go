package cli

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
)

const convertUsage = `tetherscope convert SOURCE TARGET converts a capture to another format. The source's format is recognised by its first bytes, the
target's by the extension of its name. - is standard input, and as a target standard output as JSON lines.

  .tscap   tetherscope's own: append-only, compact, readable after a crash of the writer
  .jsonl   a JSON object per line, for jq and scripts
  .har     HAR 1.2: opens in Chrome's Network panel; what HAR cannot express is kept in extra fields, so nothing is lost
  .pcapng  synthetic packets around the real bytes: opens in Wireshark, which decompresses them; .pcap is read as well

  tetherscope convert today.tscap today.har
  tetherscope convert from-chrome.har - | jq -r 'select(.kind=="frame") | .body.text // .text'
  tetherscope convert -query 'dir:in lint' today.tscap broken.jsonl

Credentials in handshakes (Authorization, cookies, parameters named like tokens) are hidden unless -secrets is given.
Exit codes: 0 done; 2 wrong usage or no such capture; 3 done, but parts of the source were damaged; 4 stopped early.
`

func runConvert(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("convert", flag.ContinueOnError)
	force := f.Bool("force", false, "replace an existing target")
	secrets := f.Bool("secrets", false, "keep credentials in handshakes")
	text := f.String("query", "", "convert only records that match the `query`, in the panel's filter language")
	keyLog := registerKeyLog(f)
	rest, err := parse(f, io, convertUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return fmt.Errorf("want a source and a target, not %d names: tetherscope convert -help says more", len(rest))
	}
	sel, err := recordfilter.NewSelection(*text)
	if err != nil {
		return err
	}
	s := source{io: io, name: rest[0], keyLog: *keyLog}
	if err := s.check(); err != nil {
		return err
	}
	t, err := prepare(io, rest[0], rest[1], *force, *secrets)
	if err != nil {
		return err
	}
	err = s.read(ctx, func(r *record.Record) error { return sel.Push(r, t.write) })
	if err == nil || isDamage(err) {
		if e := sel.Flush(t.write); e != nil {
			err = e
		}
		t.begin() // an empty capture makes an empty file
	}
	return t.close(err)
}

// lazyTarget is a target that is begun when there is something to write: a source that turns out to be no capture leaves what
// stands there as it was.
type lazyTarget struct {
	create func() (*target, error)
	to     *target
	failed error
}

// prepare checks what can be checked of a target before its source is read. The two may not be one file: writing would
// destroy what is yet to be read.
func prepare(stdio *IO, source, name string, force, secrets bool) (*lazyTarget, error) {
	if name != "-" {
		if err := checkFormat(name); err != nil {
			return nil, err
		}
		there, err := os.Stat(name)
		if from, e := os.Stat(source); err == nil && e == nil && os.SameFile(from, there) && from.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is the source itself: name another file", name)
		}
		if err == nil && !force {
			return nil, withForceHint(&file.ExistsError{Name: name})
		}
	}
	return &lazyTarget{create: func() (*target, error) { return create(stdio, name, force, secrets) }}, nil
}

func (l *lazyTarget) begin() {
	if l.to == nil && l.failed == nil {
		l.to, l.failed = l.create()
	}
}

func (l *lazyTarget) write(r *record.Record) error {
	if l.begin(); l.failed != nil {
		return l.failed
	}
	return l.to.write(r)
}

// close completes the target, and returns what went wrong first.
func (l *lazyTarget) close(err error) error {
	if l.failed != nil {
		return l.failed
	}
	if l.to != nil {
		if e := l.to.close(); e != nil {
			return e
		}
	}
	return err
}
