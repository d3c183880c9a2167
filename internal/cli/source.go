package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture"
	"github.com/tetherscope/tetherscope/internal/record"
)

// maxNotices is how many damages of a source are told one by one; the rest are counted.
const maxNotices = 20

// source is where the records of a command come from.
type source struct {
	io      *IO
	name    string // a file, "-" for standard input, or the URL of a server
	follow  bool   // wait for more at the end of a file
	token   string
	trust   trust // of a server
	damaged int
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// read passes on every record, and tells of damage on standard error. With damage the error is of [ExitDamaged], once
// everything that could be read has been.
func (s *source) read(ctx context.Context, each func(*record.Record) error) error {
	v := record.Visitor{Record: each, Damage: s.damage}
	if isURL(s.name) {
		return s.live(ctx, nil, each)
	}
	r, closeFile, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer closeFile()
	if err := capture.ReadAny(r, s.name, v); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if s.damaged > maxNotices {
		s.io.say("%s: and %d more\n", s.name, s.damaged-maxNotices)
	}
	if s.damaged > 0 {
		return &exitError{ExitDamaged, nil}
	}
	return nil
}

func (s *source) damage(d *record.Damage) {
	if s.damaged++; s.damaged <= maxNotices {
		s.io.say("%s: %v\n", s.name, d)
	}
}

// open opens the file or standard input.
func (s *source) open(ctx context.Context) (r io.Reader, closeFile func(), err error) {
	if s.name == "-" {
		return s.io.In, func() {}, nil
	}
	f, err := os.Open(s.name)
	if err != nil {
		return nil, nil, err
	}
	r = f
	switch info, err := f.Stat(); {
	case s.follow:
		r = &tail{ctx: ctx, r: f}
	case err == nil && s.io.Progress:
		r = &progress{r: f, total: info.Size(), io: s.io, next: time.Now().Add(time.Second)}
	}
	return r, func() { _ = f.Close() }, nil
}

// tail reads a file that grows: at its end it waits for more, until its context ends.
type tail struct {
	ctx context.Context
	r   io.Reader
}

func (t *tail) Read(p []byte) (int, error) {
	for {
		n, err := t.r.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		select {
		case <-t.ctx.Done():
			return 0, io.EOF
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// progress tells how far the reading of a file is, once it takes longer than a second.
type progress struct {
	r         io.Reader
	at, total int64
	io        *IO
	next      time.Time
	shown     bool
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.at += int64(n)
	if now := time.Now(); now.After(p.next) {
		p.next, p.shown = now.Add(time.Second/4), true
		p.io.say("\r%3d %% of %d MiB read ", p.at*100/max(p.total, 1), p.total>>20)
	}
	if err != nil && p.shown {
		p.io.say("\r\x1b[K")
		p.shown = false
	}
	return n, err
}
