package scope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/userkey"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// Client acts on the connections of one server. Its methods may be called from any goroutine.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// Dial returns a client of the server at a URL such as http://127.0.0.1:7316. It asks the server for the token of the run, with the
// key that the server has left in a file for the programs of its user.
func Dial(ctx context.Context, url string, options ...Option) (*Client, error) {
	url, key, err := userkey.Lookup(url)
	if err != nil {
		return nil, err
	}
	c := New(url, "", options...)
	f := c.feed()
	f.Key = key
	session, err := f.Session(ctx)
	if err != nil {
		return nil, err
	}
	c.token = session.Token
	return c, nil
}

// New returns a client of the server at a URL, with the token of its run.
func New(url, token string, options ...Option) *Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{base: strings.TrimSuffix(url, "/"), token: token, http: &http.Client{CheckRedirect: stay}}
	for _, o := range options {
		o(c)
	}
	return c
}

// Conns returns the open connections, oldest first.
func (c *Client) Conns(ctx context.Context) ([]act.Conn, error) {
	var list act.Conns
	err := c.call(ctx, http.MethodGet, "/api/conns", nil, &list)
	return list.Conns, err
}

// Snap returns how much the capture keeps of each payload and message, and the most that it can.
func (c *Client) Snap(ctx context.Context) (act.Snap, error) {
	var s act.Snap
	err := c.call(ctx, http.MethodGet, "/api/snap", nil, &s)
	return s, err
}

// SetSnap changes how many bytes the capture keeps of each payload and message. An error that the server gave is an [*act.Failure].
func (c *Client) SetSnap(ctx context.Context, bytes int) error {
	return c.call(ctx, http.MethodPut, "/api/snap", act.Snap{Bytes: bytes}, nil)
}

// Packets returns the state of the server's live capture of packets, and what it has passed over so far.
func (c *Client) Packets(ctx context.Context) (act.Packets, error) {
	var p act.Packets
	err := c.call(ctx, http.MethodGet, "/api/packets", nil, &p)
	return p, err
}

// Kept returns all that the capture holds of a payload or message, which a feed may have cut: part is act.PartPayload or
// act.PartMessage, seq the number of the record.
func (c *Client) Kept(ctx context.Context, seq uint64, part string) ([]byte, error) {
	var all []byte
	for {
		var page act.Page
		path := fmt.Sprintf("/api/records/%d/page?part=%s&from=%d", seq, part, len(all))
		if err := c.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Bytes...); len(page.Bytes) == 0 || len(all) >= page.Size {
			return all, nil
		}
	}
}

// Send puts a message into a connection. An error that the server gave is an [*act.Failure].
func (c *Client) Send(ctx context.Context, conn uint32, m act.Message) (act.Sent, error) {
	var sent act.Sent
	err := c.call(ctx, http.MethodPost, path(conn, "send"), m, &sent)
	return sent, err
}

// Close sends a close frame with a code and a reason to one end of a connection: act.ToClient or act.ToServer.
func (c *Client) Close(ctx context.Context, conn uint32, to string, code uint16, reason string) error {
	_, err := c.Send(ctx, conn, act.Message{To: to, Op: "close", Code: &code, Reason: reason})
	return err
}

// End ends a connection without a close frame.
func (c *Client) End(ctx context.Context, conn uint32, e act.End) error {
	return c.call(ctx, http.MethodPost, path(conn, "end"), e, nil)
}

// Repeat sends a message again and again, and calls each for every one. It returns nil when all were sent, the error of each,
// that of ctx, or why the server ended it, an [*act.Failure]. Nothing is sent any more once it has returned.
func (c *Client) Repeat(ctx context.Context, conn uint32, r act.Repeat, each func(act.Sent) error) error {
	res, err := c.do(ctx, http.MethodPost, path(conn, "repeat"), r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // which ends it
	if res.StatusCode != http.StatusOK {
		return failure(res)
	}
	dec := json.NewDecoder(res.Body)
	for {
		var one struct {
			act.Sent
			Error *string `json:"error"`
		}
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = json.Unmarshal(raw, &one)
		}
		if err != nil {
			return err
		}
		if one.Error != nil {
			var f act.Failure
			if err := json.Unmarshal(raw, &f); err != nil {
				return err
			}
			return &f
		}
		if err := each(one.Sent); err != nil {
			return err
		}
	}
}

func path(conn uint32, what string) string { return fmt.Sprintf("/api/conns/%d/%s", conn, what) }

// call sends one request and reads its answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	res, err := c.do(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return failure(res)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out)
}

func (c *Client) do(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set(feed.TokenHeader, c.token)
	}
	return c.http.Do(req)
}

// failure reads what the server has to say.
func failure(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	var f act.Failure
	if json.Unmarshal(text, &f) != nil || f.Text == "" {
		f = act.Failure{Text: fmt.Sprintf("HTTP %d: %s", res.StatusCode, strings.TrimSpace(string(text[:min(len(text), 500)])))}
	}
	return &f
}
