package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

const recordUsage = `tetherscope record [-o FILE] [SERVER] records the traffic of a running server to a file: first the records that the server
still has, then everything until you press Ctrl-C. The server is a URL; without one, ` + defaultServer + `
or what TETHERSCOPE_ADDR says.

  tetherscope record                              into tetherscope-DATE-TIME.tscap
  tetherscope record -o today.tscap -rotate 100MiB   a new file every 100 MiB: today.tscap, today-2.tscap, …
  tetherscope record -now -o today.tscap          what the server has captured until now, and no more
  tetherscope record -o - -for 10s | jq .kind     JSON lines on standard output

Each batch is written before the next is read: if this program is killed, the file can still be opened, with every record up to
the last complete one. tetherscope convert turns it into .har, .jsonl or .pcapng.
Exit codes: 0 done, by Ctrl-C or -for; 2 wrong usage or no server; 4 the server disconnected or the disk is full.
`

func runRecord(ctx context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("record", flag.ContinueOnError)
	name := f.String("o", "", "the `file` to write: .tscap, .jsonl, or - for standard output")
	var rotate file.Size
	f.Var(&rotate, "rotate", "begin a new file before one gets larger than this `size`, such as 100MiB; 0 means never (.tscap only)")
	force := f.Bool("force", false, "replace existing files")
	limit := f.Duration("for", 0, "stop after this `time`; 0 means never")
	now := registerNow(f)
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	secure := tlsFlags{io: io}
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
	s := &source{io: io, name: rest[0], token: *token, tls: secure, now: *now}
	switch filepath.Ext(*name) {
	case ".tscap":
		s.keep = true
		return recordBatches(ctx, s, &file.Recording{Name: *name, Limit: int64(rotate), Force: *force, Report: io.notice})
	case ".har":
		return errors.New("a HAR file cannot be written live: record a .tscap file, then convert it")
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
func recordBatches(ctx context.Context, s *source, files *file.Recording) error {
	err := s.batches(ctx, func() error { return withForceHint(files.Open()) }, func(block []byte) error {
		if _, err := record.ReadBatch(block[file.BlockHead:], func(*record.Record) bool { return true }); err != nil {
			return &exitError{ExitUnfinished, fmt.Errorf("the server sent an invalid batch: %w", err)}
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
		s.io.notice("%s in %s\n", counted(files.Records(), "record"), strings.Join(files.Names(), ", "))
	}
	return err
}
