package msgpackcodec_test

import "errors"

//go:generate go run github.com/tinylib/msgp@v1.6.5 -tests=false -io=false -unexported -o chat_gen_test.go

// chat is what the tests send.
type chat struct {
	From string         `msg:"from"`
	N    int            `msg:"n"`
	To   []string       `msg:"to"`
	Deep map[string]any `msg:"deep"`
	Room room           `msg:"room"`
}

type room struct {
	Name string    `msg:"name"`
	At   []float64 `msg:"at"`
}

// Validate is called for each chat that arrives.
func (c *chat) Validate() error {
	if c.From == "" {
		return errNoSender
	}
	return nil
}

var errNoSender = errors.New("it has no sender")
