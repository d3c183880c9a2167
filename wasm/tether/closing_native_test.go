//go:build !js

package tether_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// TestAServerThatClosesAtOnceIsAnswered: whatever the client has to say, a server that closes right after it accepted gets a
// close frame with its code, and the client reports that code.
func TestAServerThatClosesAtOnceIsAnswered(t *testing.T) {
	small := codec.Message{Type: codec.Text, Data: []byte("x")}
	large := codec.Message{Type: codec.Binary, Data: make([]byte, 300<<10)} // several frames
	hello := tether.WithHello(func(context.Context, tether.Opened) ([]codec.Message, error) {
		return []codec.Message{small}, nil
	})
	never := tether.WithHelloAnswer(func(codec.Message) (bool, error) { return false, nil })
	for name, test := range map[string]struct {
		queued []codec.Message
		opts   []tether.Option
	}{
		"nothing is queued":      {},
		"small messages":         {queued: []codec.Message{small, small}},
		"large messages":         {queued: []codec.Message{small, large, large}},
		"first words":            {opts: []tether.Option{hello}},
		"first words, no answer": {opts: []tether.Option{hello, never}},
		"a heartbeat": {opts: []tether.Option{
			tether.WithHeartbeat(tether.Heartbeat{Interval: time.Second, Timeout: time.Second}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // the scheduler has several orders to choose from
				synctest.Test(t, func(t *testing.T) { closesAtOnce(t, test.queued, test.opts) })
			}
		})
	}
}

// closesAtOnce runs a client against a server that accepts and closes with 4001.
func closesAtOnce(t *testing.T, queued []codec.Message, opts []tether.Option) {
	answers := make(chan any, 1)
	c := client(t, func(p *peer) {
		_ = p.write(0x88, binary.BigEndian.AppendUint16(nil, 4001))
		answers <- closeAnswer(p)
	}, opts...)
	for _, m := range queued {
		if err := c.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	err := c.Run(context.Background())
	if e, ok := errors.AsType[*tether.CloseError](err); !ok || e.Code != 4001 || !e.Clean {
		t.Errorf("Run returned %v, want a clean close with 4001", err)
	}
	if got := <-answers; got != uint16(4001) {
		t.Errorf("the server got %v, want a close frame with 4001", got)
	}
}

// closeAnswer reads up to a close frame and returns its code, or what is there in place of it.
func closeAnswer(p *peer) any {
	for {
		op, b, err := p.read()
		switch {
		case err != nil:
			return err
		case op == frame.Close && len(b) >= 2:
			return binary.BigEndian.Uint16(b)
		case op == frame.Close:
			return "a close frame without a code"
		}
	}
}
