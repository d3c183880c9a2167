package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
)

// Names of the interface between nodes.
const (
	Path        = "/api/peer"
	Subprotocol = "tetherscope.peer.v1"
)

// Bounds of a visit.
const (
	maxWords     = 4096             // bytes of a text message
	greetTimeout = 10 * time.Second // for each end to prove that it knows the secret
	maxName      = 64               // characters of a node's name
)

// refused is the close code for a reader without the secret.
const refused = websocket.StatusCode(4003)

// The errors of a visit that another attempt does not mend.
var (
	ErrSecret = errors.New("the secrets differ")
	ErrSelf   = errors.New("it is this node itself")
	ErrTwice  = errors.New("it is read already, by another address")
)

// words is every text message of a visit: which fields are set depends on its place. The server begins with Nonce; the reader answers with
// Nonce, Proof, Node and Run, and with Of and After what it has; the server answers with Proof, Node and Run. Afterwards the reader asks with Clock, and
// is answered with it and Time; it asks once for Records.
type words struct {
	Nonce   string `json:"nonce,omitempty"`
	Proof   []byte `json:"proof,omitempty"`
	Node    string `json:"node,omitempty"`
	Run     string `json:"run,omitempty"`
	Of      string `json:"of,omitempty"`    // run of the server's that the reader has seen
	After   uint64 `json:"after,omitempty"` // number of the last record of it
	Clock   uint64 `json:"clock,omitempty"`
	Time    int64  `json:"time,omitempty"` // ns since 1970
	Records bool   `json:"records,omitempty"`
}

func say(ctx context.Context, c *websocket.Conn, w words) error {
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return c.Write(ctx, websocket.MessageText, b)
}

func listen(ctx context.Context, c *websocket.Conn) (w words, err error) {
	kind, b, err := c.Read(ctx)
	if err != nil {
		return w, err
	}
	if kind != websocket.MessageText {
		return w, errors.New("bytes where words belong")
	}
	return parse(b)
}

// parse reads a text message.
func parse(b []byte) (w words, err error) {
	if len(b) > maxWords {
		return w, fmt.Errorf("words of %d bytes", len(b))
	}
	err = json.Unmarshal(b, &w)
	return w, err
}

// validName reports whether a node may be called so: letters, digits, dots, hyphens and underscores.
func validName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
