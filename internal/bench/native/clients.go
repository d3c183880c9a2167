package main

import (
	"context"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// The clients of this module, by the names that the report prints.
const (
	ours  = "tether"
	coder = "coder/websocket"
	again = "coder/websocket again"
)

var dials = map[string]drive.Dial{ours: dialTether, coder: dialCoder, again: dialCoder}

// maxMessage is what a message may have: the measured ones are far smaller.
const maxMessage = 16 << 20

type bare struct{ *websocket.Conn }

func dialCoder(ctx context.Context, url string) (drive.Client, error) {
	c, _, err := websocket.Dial(ctx, url, nil) //nolint:bodyclose // it needs no closing, says Dial
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(maxMessage)
	return bare{c}, nil
}

func (c bare) Send(p []byte) error {
	return c.Write(context.Background(), websocket.MessageBinary, p)
}

func (c bare) Read(got func(int) bool) error {
	for {
		if _, p, err := c.Conn.Read(context.Background()); err != nil || !got(len(p)) {
			return err
		}
	}
}

func (c bare) Close() { _ = c.CloseNow() }

type tethered struct {
	*tether.Client[[]byte, []byte]
	over chan struct{}
}

func dialTether(ctx context.Context, url string) (drive.Client, error) {
	c, err := tether.New(url, codec.Bytes())
	if err != nil {
		return nil, err
	}
	t := tethered{c, make(chan struct{})}
	go func() {
		defer close(t.over)
		_ = c.Run(context.Background()) // Read says how it ended
	}()
	if err := c.Open(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t tethered) Send(p []byte) error { return t.Client.Send(context.Background(), p) }

func (t tethered) Read(got func(int) bool) error {
	for p, err := range t.Messages(context.Background()) {
		if err != nil || !got(len(p)) {
			return err
		}
	}
	return nil
}

func (t tethered) Close() {
	t.Client.Close()
	<-t.over
}
