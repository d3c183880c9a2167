package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/userkey"
)

// defaultServer is where the server listens by default.
const defaultServer = "http://127.0.0.1:7316"

// serverURL is the server that is meant when none is named.
func serverURL(io *IO) string {
	addr := io.Getenv("TETHERSCOPE_ADDR")
	switch {
	case isURL(addr):
		return addr
	case addr == "":
		addr = strings.TrimPrefix(defaultServer, "http://")
	}
	// As the server's flags -addr and -tls have them.
	if secure, err := strconv.ParseBool(io.Getenv("TETHERSCOPE_TLS")); err == nil && secure {
		return "https://" + addr
	}
	return "http://" + addr
}

// live passes on the records of a running server until ctx ends, which is no error, or the server goes, which is one. It
// calls begin, unless nil, once the server answers.
func (s *source) live(ctx context.Context, begin func() error, each func(*record.Record) error) error {
	var last uint64
	return s.batches(ctx, begin, func(block []byte) error {
		var failed error
		_, err := record.ReadBatch(block[file.BlockHead:], func(r *record.Record) bool {
			if r.Seq > last {
				last = r.Seq
				failed = each(r)
			}
			return failed == nil
		})
		return errors.Join(failed, err)
	})
}

// batches passes on the feed of a server, batch by batch, each behind [file.BlockHead] free bytes. They are valid only
// during the call.
func (s *source) batches(ctx context.Context, begin func() error, each func(block []byte) error) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	until, err := s.end(ctx, c)
	if err != nil {
		return err
	}
	stream, err := openFeed(ctx, c)
	if err != nil {
		return err
	}
	defer stream.Close()
	if begin != nil {
		if err := begin(); err != nil {
			return err
		}
	}
	block := make([]byte, file.BlockHead)
	for until > 0 {
		block, err = stream.Next(ctx, block[:file.BlockHead])
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return &exitError{ExitUnfinished, fmt.Errorf("%s went away: %w", s.name, err)}
		}
		if err := each(block); err != nil {
			return err
		}
		if s.now && lastOf(block[file.BlockHead:]) >= until {
			return nil
		}
	}
	return nil
}

// end returns the number of the record to end behind: with now that of the last one, 0 when there is none.
func (s *source) end(ctx context.Context, c *feed.Client) (uint64, error) {
	if !s.now {
		return math.MaxUint64, nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	session, err := c.Session(ctx)
	return session.Records, explained(err)
}

// lastOf returns the number of the last record of a batch.
func lastOf(batch []byte) (seq uint64) {
	_, _ = record.ReadBatch(batch, func(r *record.Record) bool { // who takes the batch reports what is wrong with it
		seq = r.Seq
		return true
	})
	return seq
}

// client returns a client of the server.
func (s *source) client() (*feed.Client, error) {
	h, err := s.tls.client()
	if err != nil {
		return nil, err
	}
	c := &feed.Client{URL: s.name, HTTP: h, Token: s.token, Keep: s.keep}
	if s.token == "" {
		c.URL, c.Key, err = userkey.Lookup(s.name)
	}
	return c, err
}

// openFeed opens the feed of a server.
func openFeed(ctx context.Context, c *feed.Client) (*feed.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	stream, err := c.Open(ctx)
	return stream, explained(err)
}

// explained adds to an error of a server what to do.
func explained(err error) error {
	switch {
	case errors.Is(err, feed.ErrToken):
		return fmt.Errorf("%w: it is of another run. Leave -token out, or take it from GET /api/session", err)
	case errors.Is(err, feed.ErrNoAnswer):
		return fmt.Errorf("%w (start a server with: tetherscope)%s", err, hint(err))
	}
	return err
}

// check says what is wrong with a source before anything is made for it.
func (s *source) check() error {
	if s.name == "-" || isURL(s.name) {
		return nil
	}
	info, err := os.Stat(s.name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: name a capture file", s.name)
	}
	return nil
}

// isDamage reports whether err says that a source was read to its end, but for damaged parts.
func isDamage(err error) bool {
	var e *exitError
	return errors.As(err, &e) && e.code == ExitDamaged
}
