package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/keyfile"
	"github.com/tetherscope/tetherscope/internal/capture/pipe"
	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// maxNotices is how many damages of a source are reported one by one; the rest are counted.
const maxNotices = 20

// source is where the records of a command come from.
type source struct {
	io      *IO
	name    string // a file, "-" for standard input, or the URL of a server
	follow  bool   // wait for more at the end of a file
	now     bool   // of a server: only what it has captured until now
	keep    bool   // of a server: connections wait a little before a record is missed
	token   string
	tls     tlsFlags // of a server
	keyLog  string   // file with the secrets of TLS connections in packets
	waits   func()   // called before more of an input is waited for; may be nil
	damaged int

	eachOmitted func(*record.Omission) // takes what was passed over too; may be nil
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// read passes on every record, and tells of damage on standard error. With damage the error is of [ExitDamaged], once
// everything that could be read has been.
func (s *source) read(ctx context.Context, each func(*record.Record) error) error {
	v := record.Visitor{Record: each, Damage: s.damage, Omitted: s.omitted}
	if isURL(s.name) {
		return s.live(ctx, nil, each)
	}
	r, closeFile, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer closeFile()
	o := file.Options{Beside: s.beside}
	if s.keyLog != "" {
		keys, closeKeys, err := keyfile.Open(s.keyLog)
		if err != nil {
			return fmt.Errorf("-keylog: %w", err)
		}
		defer func() { _ = closeKeys() }() // it was only read
		o.Keys = keys
	}
	if err := file.ReadAnyWith(r, s.name, o, v); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if s.damaged > maxNotices {
		s.io.notice("%s: and %d more\n", s.name, s.damaged-maxNotices)
	}
	if s.damaged > 0 {
		return &exitError{ExitDamaged, nil}
	}
	return nil
}

func (s *source) damage(d *record.Damage) {
	if s.damaged++; s.damaged <= maxNotices {
		s.io.notice("%s: %v\n", s.name, d)
	}
}

// omitted says on standard error what was passed over.
func (s *source) omitted(o *record.Omission) {
	s.io.notice("%s: passed over: %v\n", s.name, o)
	if s.eachOmitted != nil {
		s.eachOmitted(o)
	}
}

// registerNow adds the flag that ends a command at the last record that a server has made.
func registerNow(f *flag.FlagSet) *bool {
	return f.Bool("now", false, "with a server: end after what it has captured until now, instead of going on")
}

// checkNow refuses -now for sources that end by themselves.
func (s *source) checkNow() error {
	if s.now && !isURL(s.name) {
		return errors.New("-now is for the URL of a server; a file ends by itself")
	}
	return nil
}

// registerKeyLog adds the flag that names a key log.
func registerKeyLog(f *flag.FlagSet) *string {
	return f.String("keylog", "", "decrypt TLS 1.2 and 1.3 in packets with the secrets in this `file`, which browsers, curl, Node and Go write as SSLKEYLOGFILE")
}

// beside opens another file of the directory of the source.
func (s *source) beside(name string) (io.ReadCloser, error) {
	if s.name == "-" {
		return nil, fs.ErrNotExist
	}
	return os.Open(filepath.Join(filepath.Dir(s.name), name))
}

// open opens the file or standard input.
func (s *source) open(ctx context.Context) (r io.Reader, closeFile func(), err error) {
	if s.name == "-" {
		return pipe.NewReader(ctx, s.io.In, s.waits), func() {}, nil
	}
	f, err := os.Open(s.name)
	if err != nil {
		return nil, nil, err
	}
	r = f
	switch info, err := f.Stat(); {
	case s.follow:
		r = pipe.NewReader(ctx, &tail{ctx: ctx, r: f}, s.waits)
	case err == nil && info.Mode().IsRegular() && s.io.Progress:
		r = &progress{r: f, total: info.Size(), io: s.io, next: time.Now().Add(time.Second)}
	case err == nil && !info.Mode().IsRegular(): // a named pipe
		r = pipe.NewReader(ctx, f, s.waits)
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
		p.io.status(fmt.Sprintf("\r%3d %% of %d MiB read ", p.at*100/max(p.total, 1), p.total>>20))
	}
	if err != nil && p.shown {
		p.io.status(clearLine)
		p.shown = false
	}
	return n, err
}
