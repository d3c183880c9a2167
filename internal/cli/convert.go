package cli

import (
	"context"
	"flag"
	"fmt"

	"github.com/tetherscope/tetherscope/internal/record"
)

const convertUsage = `tetherscope convert SOURCE TARGET turns a capture into another format. The source's format is told by its first bytes, the
target's by the end of its name. - is standard input, and as a target standard output as JSON lines.

  .tscap   tetherscope's own: append-only, compact, survives a crash of what writes it
  .jsonl   a JSON object per line, for jq and scripts
  .har     HAR 1.2: opens in Chrome's Network panel; what HAR cannot hold stands beside it, so nothing is lost
  .pcapng  packets made up around the real bytes: opens in Wireshark, which decompresses them; .pcap is read as well

  tetherscope convert today.tscap today.har
  tetherscope convert from-chrome.har - | jq -r 'select(.kind=="frame") | .text'
  tetherscope convert -query 'dir:in lint' today.tscap broken.jsonl

Credentials in handshakes (Authorization, cookies, parameters named like tokens) are hidden unless -secrets is given.
Exit codes: 0 done; 2 wrong usage or no such capture; 3 done, but parts of the source were damaged; 4 stopped half way.
`

func runConvert(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("convert", flag.ContinueOnError)
	force := f.Bool("force", false, "replace the target if it is there")
	secrets := f.Bool("secrets", false, "keep credentials in handshakes")
	text := f.String("query", "", "convert only the records that the `query` finds, as in the panel's filter")
	rest, err := parse(f, io, convertUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return fmt.Errorf("want a source and a target, not %d names: tetherscope convert -help says more", len(rest))
	}
	sel, err := newSelection(*text)
	if err != nil {
		return err
	}
	s := source{io: io, name: rest[0]}
	if err := s.check(); err != nil {
		return err
	}
	t, err := create(io, rest[1], *force, *secrets)
	if err != nil {
		return err
	}
	err = s.read(ctx, func(r *record.Record) error { return sel.push(r, t.write) })
	if err == nil || isDamage(err) {
		if e := sel.flush(t.write); e != nil {
			err = e
		}
	}
	if e := t.close(); e != nil {
		err = e
	}
	return err
}
