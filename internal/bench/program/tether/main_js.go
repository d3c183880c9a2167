// Command tether is the benchmark's variant that uses the package tether as a user would.
package main

import (
	"context"
	"errors"
	"strings"

	"github.com/tetherscope/tetherscope/internal/bench/program"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() { program.Offer(measure) }

func measure(m *program.Measurement) error {
	if m.Binary {
		return talk(m, codec.Bytes(), make([]byte, m.Size), []byte("go"))
	}
	return talk(m, codec.String(), strings.Repeat("x", m.Size), "go")
}

func talk[T string | []byte](m *program.Measurement, c codec.Codec[T, T], payload, ready T) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client, err := tether.New(m.URL, c)
	if err != nil {
		return err
	}
	go func() { _ = client.Run(ctx) }()
	if err := client.Open(ctx); err != nil {
		return err
	}
	m.Start()
	if m.Firehose() {
		payload = ready
	}
	for range m.Window {
		m.Asked()
		if err := client.Send(ctx, payload); err != nil {
			return err
		}
	}
	for got, err := range client.Messages(ctx) {
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
			if err := client.Send(ctx, payload); err != nil {
				return err
			}
		}
	}
	return errors.New("the messages ended early")
}
