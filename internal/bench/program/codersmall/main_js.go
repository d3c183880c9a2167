// Command codersmall is about the smallest program that uses coder/websocket: it logs what arrives.
package main

import (
	"context"

	"github.com/coder/websocket"
)

func main() {
	c, _, err := websocket.Dial(context.Background(), "ws://localhost/ws/echo", nil)
	if err != nil {
		panic(err)
	}
	for {
		_, m, err := c.Read(context.Background())
		if err != nil {
			println(err.Error())
			return
		}
		println(string(m))
	}
}
