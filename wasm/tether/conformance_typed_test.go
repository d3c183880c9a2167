// These tests prove, natively and in a browser, that typed messages, receipts and the policies of the queues keep their
// promises over real connections.
package tether_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/message"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

var (
	chatting = message.New(chat.TypeChat, jsoncodec.New[chat.Chat, chat.Chat]())
	floats   = message.New("floats", codec.Array[float32]())
)

// P25: messages sent before the server's close are received, in order, with the types of the example chat.
func TestTypedMessagesThereAndBack(t *testing.T) {
	c, err := tether.NewTyped(serverURL(t)+"/echo", message.JSON())
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan string, 100)
	message.On(c.Router(), chatting, func(m chat.Chat) { received <- m.Message })
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	for i := range 100 {
		if err := tether.Send(deadline(t), c, chatting, chat.Chat{Message: "žluť " + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if got := await.Receive(t, received); got != "žluť "+strconv.Itoa(i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
	if err := c.Shutdown(deadline(t), tether.CodeNormalClosure, ""); err != nil {
		t.Error(err)
	}
	if err := await.Receive(t, ended); err != nil {
		t.Error(err)
	}
}

// P19, P20: bytes cross as they are, also when they are a part of a larger array.
func TestFramedMessagesCarryAnyCodec(t *testing.T) {
	c, err := tether.NewTyped(serverURL(t)+"/echo", message.Framed())
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan []float32, 1)
	message.Once(c.Router(), floats, func(v []float32) { received <- v })
	go func() { _ = c.Run(context.Background()) }()
	defer c.Close()
	whole := []float32{0, 1, 2, 3, 4, 5}
	if err := tether.TrySend(c, floats, whole[2:4]); err != nil {
		t.Fatal(err)
	}
	if v := await.Receive(t, received); len(v) != 2 || v[0] != 2 || v[1] != 3 {
		t.Errorf("received %v", v)
	}
}

func TestReceiptsOverARealConnection(t *testing.T) {
	c := start(t, "/echo")
	var r tether.Receipt
	if err := c.Send(deadline(t), codec.Message{Type: codec.Binary, Data: make([]byte, 300_000)}, tether.Track(&r)); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(deadline(t), tether.StageFlushed); err != nil {
		t.Error(err)
	}
	if c.receive(); r.Cancel() {
		t.Error("a message that was already answered was canceled")
	}
}

// A server sends 20 MB as fast as it can while the program does not read: the inbox stays within its bounds, the connection
// stays open, and every message is accounted for. Each part has a deadline of its own, so that a slow machine may take as
// long as it needs for the whole.
func TestAFirehoseAgainstAStoppedReaderStaysBounded(t *testing.T) {
	const n, part, size = 10_000, 500, 2_000
	limits := tether.Limits{Messages: 500, Bytes: 600_000}
	for _, test := range []struct {
		name    string
		options []tether.Option
		kept    uint64
	}{
		{"drop oldest", []tether.Option{tether.WithInbox(limits, tether.InboxOverflowDropOldest)}, 300},
		{"conflate", []tether.Option{tether.WithInbox(limits), tether.WithConflation(func(codec.Message) string { return "all" })}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, "/push?n="+strconv.Itoa(n)+"&size="+strconv.Itoa(size), append(test.options, fast)...)
			var st tether.Stats
			for want := uint64(part); want <= n; want += part {
				await.Until(t, "the next messages to arrive", func() bool {
					if st = c.Stats(); st.Inbox.Messages > limits.Messages || st.Inbox.Bytes > limits.Bytes {
						t.Fatalf("the inbox holds %+v", st.Inbox)
					}
					return st.Received >= want
				})
			}
			c.saw("one connection", func(s wstest.Stats) bool { return s.Accepted == 1 && s.Live == 1 })
			await.Until(t, "what was dropped to be counted: a moment after what came", func() bool {
				st = c.Stats()
				return st.Dropped+st.Replaced+test.kept >= n
			})
			if gone := st.Dropped + st.Replaced; st.Received != n || uint64(st.Inbox.Messages) != test.kept || gone+test.kept != n {
				t.Errorf("%d of %d came, %d gone, %d wait", st.Received, n, gone, st.Inbox.Messages)
			}
		})
	}
}

func TestInboxCloseGivesUpTheConnectionEverywhere(t *testing.T) {
	c := prepare(t, "/push?n=400&size=2000", tether.WithInbox(tether.Limits{Messages: 100}, tether.InboxOverflowClose))
	lost := make(chan tether.Lost, 10)
	tether.On(c, func(e tether.Lost) {
		select {
		case lost <- e:
		default:
		}
	})
	c.run()
	if e := await.Receive(t, lost); !errors.Is(e.Err, tether.ErrInboxFull) {
		t.Errorf("%+v", e)
	}
}
