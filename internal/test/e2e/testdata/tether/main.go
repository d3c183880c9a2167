// Command tether is a client on our own package: it sends a text and 70,000 bytes, waits for their echoes, and closes with 4001. It prints the text.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := talk(ctx, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func talk(ctx context.Context, url string) error {
	c, err := tether.New(url, codec.Raw())
	if err != nil {
		return err
	}
	sent := []codec.Message{{Type: codec.Text, Data: []byte("héllo from tether")}, {Type: codec.Binary, Data: bytes.Repeat([]byte{1, 2, 3, 0, 255}, 14000)}}
	for _, m := range sent {
		if err := c.TrySend(m); err != nil {
			return err
		}
	}
	ended := make(chan error, 1)
	messages := c.Messages(ctx)
	go func() { ended <- c.Run(ctx) }()
	got := 0
	for m, err := range messages {
		if err != nil || m.Type != sent[got].Type || !bytes.Equal(m.Data, sent[got].Data) {
			return fmt.Errorf("the echo is of type %s, %.50q, %w", m.Type, m.Data, err)
		}
		if got++; got == len(sent) {
			break
		}
	}
	if err := c.Shutdown(ctx, 4001, "done"); err != nil {
		return err
	}
	<-ended
	fmt.Println(string(sent[0].Data))
	return ctx.Err()
}
