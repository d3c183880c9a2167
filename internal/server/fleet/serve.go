package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// sendTimeout is how long one batch may take to leave.
const sendTimeout = time.Minute

// Source gives batches of this node's capture, as ring.Subscriber does.
type Source interface {
	Next(ctx context.Context, dst []byte) ([]byte, error)
	Close()
}

// Host serves this node's records to those who know the secret.
type Host struct {
	Secret      Secret
	Node, Run   string
	Certificate string                    // fingerprint of the server's own, as [Fingerprint] has it; "" without TLS
	Now         func() time.Time          // the clock that readers get to know
	Subscribe   func(after uint64) Source // from the first record that is held, or from the one behind after
}

// Serve is one visit, until it ends or ctx does. It reports [ErrSecret] about a reader that does not know the secret.
func (h *Host) Serve(ctx context.Context, c *websocket.Conn) error {
	c.SetReadLimit(maxWords)
	after, err := h.greet(ctx, c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	asked := make(chan struct{})
	go func() {
		defer stop()
		h.answer(ctx, c, asked)
	}()
	select {
	case <-asked:
	case <-ctx.Done():
		return ctx.Err()
	}
	source := h.Subscribe(after)
	defer source.Close()
	return send(ctx, c, source)
}

// greet exchanges proofs, and returns after which record the reader goes on.
func (h *Host) greet(ctx context.Context, c *websocket.Conn) (after uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	nonce := draw()
	if err := say(ctx, c, words{Nonce: nonce}); err != nil {
		return 0, err
	}
	reader, err := listen(ctx, c)
	if err != nil {
		return 0, err
	}
	if !h.Secret.proves(reader.Proof, roleReader, h.Certificate, nonce, reader.Nonce) {
		_ = c.Close(refused, "the secrets differ") // it is over either way
		return 0, ErrSecret
	}
	proof := h.Secret.prove(roleServer, h.Certificate, nonce, reader.Nonce)
	if reader.Of == h.Run {
		after = reader.After
	}
	return after, say(ctx, c, words{Proof: proof, Node: h.Node, Run: h.Run})
}

// answer tells the time to a reader until the visit ends, and closes asked when it asks for records.
func (h *Host) answer(ctx context.Context, c *websocket.Conn, asked chan struct{}) {
	begun := false
	for {
		w, err := listen(ctx, c)
		if err != nil {
			return
		}
		if w.Clock != 0 && say(ctx, c, words{Clock: w.Clock, Time: h.Now().UnixNano()}) != nil {
			return
		}
		if w.Records && !begun {
			begun = true
			close(asked)
		}
	}
}

// send sends what the source has of this node's own.
func send(ctx context.Context, c *websocket.Conn, source Source) error {
	var batch, own []byte
	for {
		var err error
		if batch, err = source.Next(ctx, batch[:0]); err != nil {
			return err
		}
		if own, err = appendOwn(own[:0], batch); err != nil {
			return err
		}
		if len(own) == 0 {
			continue
		}
		timed, cancel := context.WithTimeout(ctx, sendTimeout)
		err = c.Write(timed, websocket.MessageBinary, own)
		cancel()
		if err != nil {
			return err
		}
	}
}

// appendOwn appends a batch with those records of another that are of this node itself. Its last record has the number of the other's
// last one, by which a reader knows where it is; the numbers before it only count back. Without any, and nothing missed, it is empty.
func appendOwn(dst, batch []byte) ([]byte, error) {
	var kept []byte
	count := uint64(0)
	head, err := record.ReadBatch(batch, func(r *record.Record) bool {
		if _, is := record.OfPeer(r.Conn); !is {
			kept = record.AppendRecord(kept, r)
			count++
		}
		return true
	})
	if err != nil {
		return dst, errors.Join(errors.New("fleet: a batch of our own"), err)
	}
	if count == head.Count {
		return append(dst, batch...), nil
	}
	if count == 0 && head.Missed == 0 {
		return dst, nil
	}
	dst = record.AppendBatch(dst, record.Batch{First: head.First + head.Count - count, Count: count, Missed: head.Missed, Evicted: head.Evicted})
	return append(dst, kept...), nil
}
