package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/record"
)

// defaultServer is where the server listens unless told otherwise.
const defaultServer = "http://127.0.0.1:7316"

// feedProtocol is the subprotocol of the server's /api/tap; the token stands in another one that is offered with it.
const (
	feedProtocol  = "tetherscope.tap.v1"
	tokenProtocol = "token."
)

// maxBatch is the largest batch in bytes that a server may send.
const maxBatch = record.MaxBlock

var tokenMeta = regexp.MustCompile(`<meta name="tetherscope-token" content="([^"]*)"`)

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
		_, err := record.ReadBatch(block[record.BlockHead:], func(r *record.Record) bool {
			if r.Seq > last {
				last = r.Seq
				failed = each(r)
			}
			return failed == nil
		})
		return errors.Join(failed, err)
	})
}

// batches passes on what a server's /api/tap sends, batch by batch, each behind [record.BlockHead] free bytes. They are valid
// only during the call.
func (s *source) batches(ctx context.Context, begin func() error, each func(block []byte) error) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	c.SetReadLimit(maxBatch)
	if begin != nil {
		if err := begin(); err != nil {
			return err
		}
	}
	var block bytes.Buffer // grows once: websocket.Conn.Read leaves several times a batch as garbage
	for {
		block.Reset()
		block.Write(make([]byte, record.BlockHead))
		_, r, err := c.Reader(ctx)
		if err == nil {
			_, err = block.ReadFrom(r)
		}
		switch {
		case ctx.Err() != nil:
			_ = c.Close(websocket.StatusNormalClosure, "")
			return nil
		case err != nil:
			return &exitError{ExitUnfinished, fmt.Errorf("%s went away: %w", s.name, err)}
		}
		if err := each(block.Bytes()); err != nil {
			return err
		}
	}
}

func (s *source) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	base := strings.TrimSuffix(s.name, "/")
	token := s.token
	client, err := s.trust.client()
	if err != nil {
		return nil, err
	}
	if token == "" {
		if token, err = askToken(ctx, client, base); err != nil {
			return nil, err
		}
	}
	c, resp, err := websocket.Dial(ctx, base+"/api/tap", &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{feedProtocol, tokenProtocol + token},
	})
	if resp != nil && resp.StatusCode == http.StatusForbidden {
		return nil, fmt.Errorf("%s refuses the token: start that server again, or copy -token from its panel page", base)
	}
	return c, err
}

// askToken reads the token from the server's panel page, as a browser does.
func askToken(ctx context.Context, client *http.Client, base string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/panel/", nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("no tetherscope server answers at %s (start one with: tetherscope): %w%s", base, err, hint(err))
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", err
	}
	m := tokenMeta.FindSubmatch(page)
	if m == nil {
		return "", fmt.Errorf("%s is no tetherscope server: its /panel/ has no token (HTTP %d)", base, resp.StatusCode)
	}
	return html.UnescapeString(string(m[1])), nil
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
