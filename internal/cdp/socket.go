package cdp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"
)

// MaxMessage is the longest message in bytes that is read from a WebSocket. Longer ones are passed over.
const MaxMessage = 16 << 20

const (
	maxBegin     = 1 << 10          // bytes that are kept of a message that is passed over
	writeTimeout = 10 * time.Second // for one command: they are short, and a browser reads them all the time
)

// socket is a WebSocket of a browser.
type socket struct {
	c   *websocket.Conn
	buf []byte
}

// Dial connects to a browser at one of its WebSocket URLs, until ctx ends. No proxy is asked: the browser is on this machine, or its user
// said where.
func Dial(ctx context.Context, target string) (Transport, error) {
	c, resp, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: client()})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, withoutURL(err)
	}
	c.SetReadLimit(-1) // Read has its own
	return &socket{c: c}, nil
}

// client asks no proxy and follows no redirection.
func client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// withoutURL leaves the URL out of an error: its query may hold a token.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func (s *socket) Read() ([]byte, error) {
	_, r, err := s.c.Reader(context.Background()) // Close ends it
	if err != nil {
		return nil, err
	}
	s.buf = s.buf[:0]
	for {
		if len(s.buf) == cap(s.buf) {
			s.buf = append(s.buf, 0)[:len(s.buf)]
		}
		n, err := r.Read(s.buf[len(s.buf):min(cap(s.buf), MaxMessage+1)])
		s.buf = s.buf[:len(s.buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			return s.buf, nil
		case err != nil:
			return nil, err
		case len(s.buf) > MaxMessage:
			return nil, s.passOver(r)
		}
	}
}

// passOver reads the rest of a message that is too long.
func (s *socket) passOver(r io.Reader) error {
	rest, err := io.Copy(io.Discard, r)
	if err != nil {
		return err
	}
	return &TooLongError{Begin: s.buf[:maxBegin], Size: int64(len(s.buf)) + rest}
}

func (s *socket) Write(message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := s.c.Write(ctx, websocket.MessageText, message); err != nil {
		return fmt.Errorf("the browser takes no command: %w", err)
	}
	return nil
}

func (s *socket) Close() error { return s.c.CloseNow() }
