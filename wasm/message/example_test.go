package message_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

type move struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// Validate is asked before a move is sent and after one was decoded.
func (m move) Validate() error {
	if m.X < 0 || m.Y < 0 {
		return errors.New("off the board")
	}
	return nil
}

// Declared once, used by both ends.
var (
	moves = message.New("move", jsoncodec.New[move, move]())
	score = message.NewCall("score", jsoncodec.New[move, move](), jsoncodec.New[move, move]()).Idempotent()
)

func ExampleNew() {
	b, _, err := moves.Append(nil, message.JSON(), move{1, 2})
	fmt.Println(string(b), err)
	_, _, err = moves.Append(nil, message.JSON(), move{-1, 2})
	fmt.Println(err)
	// Output:
	// {"type":"move","x":1,"y":2} <nil>
	// message move is not valid: off the board
}

func ExampleRouter() {
	var r message.Router
	message.On(&r, moves, func(m move) { fmt.Println("move to", m.X, m.Y) })
	message.Once(&r, moves, func(move) { fmt.Println("the first one") })
	r.All(func(m message.Message) { fmt.Println("a", m.Type) })
	for _, text := range []string{`{"type":"move","x":1,"y":2}`, `{"type":"resign"}`, `{"type":"move","x":-3}`} {
		m, _ := message.JSON().Open([]byte(text), codec.Text)
		known, err := r.Dispatch(m)
		fmt.Println(known, err)
	}
	// Output:
	// move to 1 2
	// the first one
	// a move
	// true <nil>
	// a resign
	// false <nil>
	// a move
	// true message move cannot be decoded: codec json: message_test.move: the value is not valid: off the board
}

// The server's half: what came in goes in, what goes back comes out.
func ExampleAnswer() {
	m, _ := message.JSON().Open([]byte(`{"type":"score","call":"1","x":3,"y":4}`), codec.Text)
	answer, _, _ := message.Answer(context.Background(), score, message.JSON(), m, nil,
		func(_ context.Context, at move) (move, error) { return move{at.X * 10, at.Y * 10}, nil })
	fmt.Println(string(answer))
	// Output: {"type":"score","reply":"1","x":30,"y":40}
}
