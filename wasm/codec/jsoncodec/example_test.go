package jsoncodec_test

import (
	"errors"
	"fmt"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
)

type move struct {
	Piece string `json:"piece"`
	X     int    `json:"x"`
}

// Validate is called for each move that arrives.
func (m move) Validate() error {
	if m.X < 0 || m.X > 7 {
		return errors.New("x is outside of the board")
	}
	return nil
}

func ExampleNew() {
	c := jsoncodec.New[move, move](codec.WithMaxDepth(4))
	message, kind, _ := c.Append(nil, move{"rook", 3})
	fmt.Println(kind, string(message))

	var m move
	fmt.Println(c.Decode([]byte(`{"piece":"rook","x":"3"}`), codec.Text, &m))
	fmt.Println(c.Decode([]byte(`{"piece":"rook","x":9}`), codec.Text, &m))
	fmt.Println(errors.Is(c.Decode([]byte(`[[[[[]]]]]`), codec.Text, &m), codec.ErrTooDeep))
	// Output:
	// text {"piece":"rook","x":3}
	// codec json: jsoncodec_test.move: at x: byte 20: json: cannot unmarshal string into Go struct field move.x of type int
	// codec json: jsoncodec_test.move: the value is not valid: x is outside of the board
	// true
}
