package message_test

import (
	"testing"

	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
)

// TestACancellationIsReadInEitherEnvelope, and its name is no name of a type.
func TestACancellationIsReadInEitherEnvelope(t *testing.T) {
	for _, e := range []message.Envelope{message.JSON(), message.Framed()} {
		b, kind, err := message.AppendCancel(nil, e, "7")
		if err != nil {
			t.Fatal(err)
		}
		m, err := e.Open(b, kind)
		if err != nil || !m.Cancels() || m.Call != "7" || m.Reply != "" {
			t.Errorf("%q is read as %+v, %v", b, m, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a type may have the name of the cancellation")
		}
	}()
	message.New(message.CancelName, jsoncodec.New[int, int]())
}
