// Command gorilla is a client on github.com/gorilla/websocket, as its documentation has them: it sends a text and 70,000 bytes, in several
// frames, waits for their echoes, and closes with 4001. It prints the text. It is a module of its own, so that no user of Tetherscope downloads it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/gorilla/websocket"
)

func main() {
	if err := talk(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func talk(url string) error {
	c, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	text, binary := []byte("héllo from gorilla"), bytes.Repeat([]byte{1, 2, 3, 0, 255}, 14000)
	for i, body := range [][]byte{text, binary} {
		kind := websocket.TextMessage + i
		w, err := c.NextWriter(kind)
		if err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		got, echo, err := c.ReadMessage()
		if err != nil || got != kind || !bytes.Equal(echo, body) {
			return fmt.Errorf("the echo is of type %d, %.50q, %w", got, echo, err)
		}
	}
	if err := c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "done")); err != nil {
		return err
	}
	var end *websocket.CloseError
	if _, _, err := c.ReadMessage(); !errors.As(err, &end) || end.Code != 4001 {
		return fmt.Errorf("the end is %w", err)
	}
	fmt.Println(string(text))
	return nil
}
