package scope

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
)

var errDone = errors.New("all records were passed on")

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
	session, err := c.feed().Session(ctx)
	return session.Records, err
}

// feed returns a client of the server's feed.
func (c *Client) feed() *feed.Client { return &feed.Client{URL: c.base, HTTP: c.http, Token: c.token} }

// watch passes on what the query finds. With until, it ends with errDone behind the record of that number.
func (c *Client) watch(ctx context.Context, query string, until uint64, each func(Event) error) error {
	sel, err := recordfilter.NewSelection(query)
	if err != nil {
		return err
	}
	stream, err := c.feed().Open(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	defer stream.Close()
	w := watcher{sel: sel, until: until, each: each}
	var batch []byte
	for {
		batch, err = stream.Next(ctx, batch[:0])
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("%s went away: %w", c.base, err)
		}
		if err := w.batch(batch); err != nil {
			return err
		}
	}
}

// watcher goes through batches.
type watcher struct {
	sel   *recordfilter.Selection
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
