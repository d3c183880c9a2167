// Command coder is the benchmark's variant that uses coder/websocket's WebAssembly half.
package main

import (
	"context"
	"errors"
	"strings"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/bench/program"
)

func main() { program.Offer(measure) }

func measure(m *program.Measurement) error {
	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, m.URL, nil)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(websocket.StatusNormalClosure, "") }()
	c.SetReadLimit(-1) // else 32 KiB
	kind, payload := websocket.MessageText, []byte(strings.Repeat("x", m.Size))
	if m.Binary {
		kind = websocket.MessageBinary
	}
	if m.Firehose() {
		payload = []byte("go")
	}
	m.Start()
	for range m.Window {
		m.Asked()
		if err := c.Write(ctx, kind, payload); err != nil {
			return err
		}
	}
	for {
		_, got, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if len(got) != m.Size {
			return errors.New("wrong size")
		}
		again, done := m.Received()
		if done {
			return nil
		}
		if again {
			m.Asked()
			if err := c.Write(ctx, kind, payload); err != nil {
				return err
			}
		}
	}
}
