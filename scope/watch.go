package scope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"regexp"
	"strconv"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/match"
	"github.com/tetherscope/tetherscope/internal/record"
)

// The subprotocols of the server's stream of batches.
const (
	feedProtocol  = "tetherscope.tap.v1"
	tokenProtocol = "token."
)

var (
	recordsMade = regexp.MustCompile(`(?m)^tetherscope_records_total (\d+)`)
	errDone     = errors.New("all of it was passed on")
)

// Watch yields what the server still remembers and a query finds, and then what comes, until ctx ends, which is no error, or
// the server goes, which is one. The query is in the language of the panel's filter; an empty one finds everything. Where
// records were lost, because the server remembers no more or we were too slow, an [Event] of the kind [Gap] says so, whatever
// the query.
func (c *Client) Watch(ctx context.Context, query string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := c.watch(ctx, query, 0, func(e Event) error {
			if !yield(e, nil) {
				return errDone
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDone) {
			yield(Event{}, err)
		}
	}
}

// Captured returns what the server remembers and a query finds at this moment, as [Watch] would yield it. So a test lets its
// program run, and then counts:
//
//	pings, err := s.Captured(ctx, "op:ping dir:out")
func (c *Client) Captured(ctx context.Context, query string) (list []Event, err error) {
	last, err := c.last(ctx)
	if err != nil || last == 0 {
		return nil, err
	}
	err = c.watch(ctx, query, last, func(e Event) error {
		list = append(list, e)
		return nil
	})
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if errors.Is(err, errDone) {
		err = nil
	}
	return list, err
}

// last returns the number of the last record that the server has made.
func (c *Client) last(ctx context.Context) (uint64, error) {
	res, err := c.do(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return 0, err
	}
	m := recordsMade.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s does not count its records (HTTP %d)", c.base, res.StatusCode)
	}
	return strconv.ParseUint(string(m[1]), 10, 64)
}

// watch passes on what the query finds. With until, it ends with errDone behind the record of that number.
func (c *Client) watch(ctx context.Context, query string, until uint64, each func(Event) error) error {
	sel, err := match.NewSelection(query)
	if err != nil {
		return err
	}
	ws, err := c.feed(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	defer func() { _ = ws.CloseNow() }() // it only sends
	w := watcher{sel: sel, until: until, each: each}
	var batch bytes.Buffer
	for {
		batch.Reset()
		_, r, err := ws.Reader(ctx)
		if err == nil {
			_, err = batch.ReadFrom(r)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("%s went away: %w", c.base, err)
		}
		if err := w.batch(batch.Bytes()); err != nil {
			return err
		}
	}
}

// feed opens the stream.
func (c *Client) feed(ctx context.Context) (*websocket.Conn, error) {
	h := *c.http
	h.Timeout = 0 // the stream lasts
	ws, res, err := websocket.Dial(ctx, c.base+"/api/tap", &websocket.DialOptions{
		HTTPClient: &h, Subprotocols: []string{feedProtocol, tokenProtocol + c.token},
	})
	if err != nil && res != nil && res.StatusCode == http.StatusForbidden {
		return nil, fmt.Errorf("%s refuses the token: it is of another run", c.base)
	}
	if err == nil {
		ws.SetReadLimit(record.MaxBlock)
	}
	return ws, err
}

// watcher goes through batches.
type watcher struct {
	sel   *match.Selection
	until uint64
	last  uint64
	each  func(Event) error
}

func (w *watcher) batch(b []byte) error {
	var failed error
	found := func(r *record.Record) error { return w.each(eventOf(r)) }
	_, err := record.ReadBatch(b, func(r *record.Record) bool {
		if r.Seq > w.last+1 {
			failed = w.each(Event{Kind: Gap, Seq: r.Seq, Missed: r.Seq - w.last - 1})
		}
		w.last = r.Seq
		if failed == nil {
			failed = w.sel.Push(r, found)
		}
		if failed == nil && w.until > 0 && r.Seq >= w.until {
			if failed = w.sel.Flush(found); failed == nil {
				failed = errDone
			}
		}
		return failed == nil
	})
	return errors.Join(failed, err)
}
