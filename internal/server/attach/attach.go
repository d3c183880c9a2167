package attach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/cdp"
)

// dialTimeout is how long a browser has to answer in all.
const dialTimeout = 15 * time.Second

// ErrNotReached says that an address leads to no browser.
var ErrNotReached = errors.New("no browser can be attached to")

// ErrGone is why [Browser.Run] ended: the browser was closed, or has detached us.
var ErrGone = errors.New("the browser went away")

// Feed is where the records of a browser go.
type Feed struct {
	NewConn func() uint32             // returns the number of the next connection
	Append  func(*record.Record)      // takes a record, without credentials; valid only during the call
	Snap    func() int                // bytes that are kept of a message
	Report  func(string, ...any)      // takes a line for the user
	Own     func(pageURL string) bool // whether a page shows the capture: it is left out, or its feed would feed itself
}

// Browser is a browser that was attached to.
type Browser struct {
	Name string // "Chrome/156.0.8078.114"
	conn *cdp.Conn
}

// Dial attaches to the browser at an address of [cdp.ParseAddress]. The error says what to do; it is [ErrNotReached] unless the address
// is wrong. The caller must Close the browser.
func Dial(ctx context.Context, address string) (*Browser, error) {
	u, err := cdp.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialTimeout, fmt.Errorf("no answer within %v", dialTimeout))
	defer cancel()
	b, err := dial(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w; %s", ErrNotReached, u.Host, err, cdp.HowToStart)
	}
	return b, nil
}

func dial(ctx context.Context, address string) (*Browser, error) {
	u, err := cdp.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	target, err := cdp.Find(ctx, u)
	if err != nil {
		return nil, err
	}
	t, err := cdp.Dial(ctx, target)
	if err != nil {
		return nil, err
	}
	b := &Browser{conn: cdp.New(t)}
	var version struct {
		Product string `json:"product"`
	}
	if err := b.conn.Call(ctx, "", "Browser.getVersion", nil, &version); err != nil {
		b.Close()
		return nil, fmt.Errorf("it is no DevTools endpoint of a browser: %w", err)
	}
	b.Name = version.Product
	return b, nil
}

// Close detaches from the browser, which goes on.
func (b *Browser) Close() { b.conn.Close(errors.New("detached")) }

// Run records the WebSockets of every target into f until ctx ends, which detaches, or the browser goes away: then the error is
// [ErrGone]. It is called once.
func (b *Browser) Run(ctx context.Context, f Feed) error {
	w := newWatcher(b.Name, f, b.conn.Post)
	b.conn.Observe(cdp.Observer{Event: w.event, TooLong: w.tooLong})
	w.begin()
	select {
	case <-ctx.Done():
		b.Close()
		w.stop()
		return nil
	case <-b.conn.Done():
	case err := <-w.failed:
		b.Close()
		w.stop()
		return fmt.Errorf("%s does not attach us to its targets: %w", b.Name, err)
	}
	w.gone()
	return fmt.Errorf("%w: %w", ErrGone, b.conn.Err())
}

// decode reads the parameters of an event. A browser of another version may send others: what is not understood is left out.
func decode[T any](params json.RawMessage, then func(*T)) {
	var v T
	if json.Unmarshal(params, &v) == nil {
		then(&v)
	}
}
