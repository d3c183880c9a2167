package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/internal/recording"
)

const recordUsage = `tetherscope record [-o FILE] [SERVER] writes what a running server's tap sees to a file, as it happens: first what the server
still remembers, then everything until you press Ctrl-C. The server is a URL; without one, ` + defaultServer + `
or what TETHERSCOPE_ADDR says.

  tetherscope record                              into tetherscope-DATE-TIME.tscap
  tetherscope record -o today.tscap -rotate 100MiB   a new file every 100 MiB: today.tscap, today-2.tscap, …
  tetherscope record -o - -for 10s | jq .kind     JSON lines on standard output

Every batch is on disk before the next is asked for: if this program is killed, the file opens all the same, with every record
up to the last whole one. tetherscope convert makes .har, .jsonl and .pcapng of it.
Exit codes: 0 done, by Ctrl-C or -for; 2 wrong usage or no server; 4 the server went away or the disk is full.
`

func runRecord(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("record", flag.ContinueOnError)
	name := f.String("o", "", "the `file` to write: .tscap, .jsonl, or - for standard output")
	var rotate recording.Size
	f.Var(&rotate, "rotate", "begin a new file before one gets larger than this `size`, such as 100MiB; 0 means never (.tscap only)")
	force := f.Bool("force", false, "replace files that are there")
	limit := f.Duration("for", 0, "stop after this `time`; 0 means never")
	token := f.String("token", "", "the server's `token`, when its panel page cannot be asked for it")
	secure := trust{io: io}
	secure.register(f)
	rest, err := parse(f, io, recordUsage, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		rest = []string{serverURL(io)}
	}
	if len(rest) > 1 || !isURL(rest[0]) {
		return fmt.Errorf("want one server, as http://127.0.0.1:7316, not %q", rest)
	}
	if *limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *limit)
		defer cancel()
	}
	if *name == "" {
		*name = time.Now().Format("tetherscope-2006-01-02-150405.tscap")
	}
	s := &source{io: io, name: rest[0], token: *token, trust: secure}
	switch filepath.Ext(*name) {
	case ".tscap":
		return recordBatches(ctx, s, &recording.Files{Name: *name, Limit: int64(rotate), Force: *force, Say: io.say})
	case ".har":
		return errors.New("a HAR file cannot be written as things happen: record a .tscap file, then convert it")
	}
	return recordLines(ctx, s, *name, *force)
}

// recordLines writes JSON lines, each flushed as it comes.
func recordLines(ctx context.Context, s *source, name string, force bool) error {
	var t *target
	begin := func() (err error) {
		t, err = create(s.io, name, force, false)
		return err
	}
	err := s.live(ctx, begin, func(r *record.Record) error {
		if err := t.write(r); err != nil {
			return err
		}
		if err := t.buf.Flush(); err != nil {
			return &exitError{ExitUnfinished, err}
		}
		return nil
	})
	if t != nil {
		err = errors.Join(err, t.close())
	}
	return err
}

// recordBatches writes batches as they come.
func recordBatches(ctx context.Context, s *source, files *recording.Files) error {
	err := s.batches(ctx, func() error { return orForce(files.Open()) }, func(block []byte) error {
		if _, err := record.ReadBatch(block[record.BlockHead:], func(*record.Record) bool { return true }); err != nil {
			return &exitError{ExitUnfinished, fmt.Errorf("the server sent what is no batch: %w", err)}
		}
		if err := files.Write(block); err != nil {
			return &exitError{ExitUnfinished, err}
		}
		return nil
	})
	if e := files.Close(); e != nil && err == nil {
		err = &exitError{ExitUnfinished, e}
	}
	if len(files.Names()) > 0 {
		s.io.say("%d records in %s\n", files.Records(), strings.Join(files.Names(), ", "))
	}
	return err
}
