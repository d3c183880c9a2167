//go:build !js

package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// maxSession bounds what is read of a session, in bytes.
const maxSession = 1 << 20

// ErrToken is wrapped by the error of [Client.Open] when the server refuses the token: it is of another run.
var ErrToken = errors.New("the server refuses the token")

// ErrNoAnswer is wrapped by the error of [Client.Session] and [Client.Open] when nothing answers at the URL.
var ErrNoAnswer = errors.New("no tetherscope server answers")

// Client reads the session and the feed of one server. It may be used by any goroutine.
type Client struct {
	URL   string       // of the server, such as http://127.0.0.1:7316
	HTTP  *http.Client // reaches the server
	Token string       // of the run; when empty, [Client.Open] asks for the session
	Key   string       // of the user, which gets the session; see package userkey
	Keep  bool         // [Client.Open] asks for every record, even where connections must wait a little for this client
}

// Session asks the server for its session.
func (c *Client) Session(ctx context.Context) (s Session, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base()+SessionPath, nil)
	if err != nil {
		return s, err
	}
	if c.Key != "" {
		req.Header.Set(KeyHeader, c.Key)
	}
	if c.Token != "" {
		req.Header.Set(TokenHeader, c.Token)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return s, fmt.Errorf("%w at %s: %w", ErrNoAnswer, c.base(), err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSession))
	switch {
	case err != nil:
		return s, err
	case res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusMisdirectedRequest:
		return s, fmt.Errorf("%s does not give its token: %s", c.base(), strings.TrimSpace(string(body)))
	case res.StatusCode != http.StatusOK || json.Unmarshal(body, &s) != nil || s.Token == "":
		return s, fmt.Errorf("%s is no tetherscope server, or an older one: GET %s gives no session (HTTP %d)", c.base(), SessionPath, res.StatusCode)
	}
	return s, nil
}

// Open opens the feed. ctx bounds the handshake only.
func (c *Client) Open(ctx context.Context) (*Stream, error) {
	token := c.Token
	if token == "" {
		s, err := c.Session(ctx)
		if err != nil {
			return nil, err
		}
		token = s.Token
	}
	h := *c.HTTP
	h.Timeout = 0 // of single requests: the feed lasts
	url := c.base() + Path
	if c.Keep {
		url += "?" + KeepParameter + "=1"
	}
	ws, res, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: &h, Subprotocols: Subprotocols(token)})
	switch {
	case err != nil && res != nil && res.StatusCode == http.StatusForbidden:
		return nil, fmt.Errorf("%s: %w", c.base(), ErrToken)
	case err != nil:
		return nil, fmt.Errorf("%w at %s: %w", ErrNoAnswer, c.base(), err)
	}
	ws.SetReadLimit(record.MaxBatch)
	return &Stream{ws}, nil
}

func (c *Client) base() string { return strings.TrimSuffix(c.URL, "/") }

// Stream is an open feed. It is for one goroutine.
type Stream struct{ ws *websocket.Conn }

// Next waits for the next batch and appends it to dst. After an error the stream is closed.
func (s *Stream) Next(ctx context.Context, dst []byte) ([]byte, error) {
	_, r, err := s.ws.Reader(ctx)
	if err != nil {
		return dst, err
	}
	buf := bytes.NewBuffer(dst) // grows once: websocket.Conn.Read leaves several times a batch as garbage
	_, err = buf.ReadFrom(r)
	return buf.Bytes(), err
}

// Close ends the stream with a close frame.
func (s *Stream) Close() { _ = s.ws.Close(websocket.StatusNormalClosure, "") } // it only reads: nothing is lost
