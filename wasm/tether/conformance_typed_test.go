// These tests prove, natively and in a browser, that typed messages, receipts and the policies of the queues keep their
// promises over real connections.
package tether_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/wstest"
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

// P25: what was sent before the server's close is heard, in order, with the types that the guide's server speaks.
func TestTypedMessagesThereAndBack(t *testing.T) {
	c, err := tether.NewTyped(serverURL(t)+"/echo", message.JSON())
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 100)
	message.On(c.Router(), chatting, func(m chat.Chat) { heard <- m.Message })
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	for i := range 100 {
		if err := tether.Send(deadline(t), c, chatting, chat.Chat{Message: "žluť " + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if got := <-heard; got != "žluť "+strconv.Itoa(i) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
	if err := c.Shutdown(deadline(t), tether.NormalClosure, ""); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// P19, P20: bytes cross as they are, also when they are a part of a larger array.
func TestFramedMessagesCarryAnyCodec(t *testing.T) {
	c, err := tether.NewTyped(serverURL(t)+"/echo", message.Framed())
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []float32, 1)
	message.Once(c.Router(), floats, func(v []float32) { heard <- v })
	go func() { _ = c.Run(context.Background()) }()
	defer c.Close()
	whole := []float32{0, 1, 2, 3, 4, 5}
	if err := tether.TrySend(c, floats, whole[2:4]); err != nil {
		t.Fatal(err)
	}
	select {
	case v := <-heard:
		if len(v) != 2 || v[0] != 2 || v[1] != 3 {
			t.Errorf("heard %v", v)
		}
	case <-time.After(patience):
		t.Error("heard nothing")
	}
}

func TestReceiptsOverARealConnection(t *testing.T) {
	c := start(t, "/echo")
	var r tether.Receipt
	if err := c.Send(deadline(t), codec.Message{Type: codec.Binary, Data: make([]byte, 300_000)}, tether.Track(&r)); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(deadline(t), tether.Flushed); err != nil {
		t.Error(err)
	}
	if c.receive(); r.Cancel() {
		t.Error("what came back was canceled")
	}
}

// A server that sends 60 MB as fast as it can, and nobody reads: the inbox stays within its bounds, the connection stays
// open, and every message is accounted for.
func TestAFirehoseAgainstAStoppedReaderStaysBounded(t *testing.T) {
	const n, size = 30_000, 2_000
	limits := tether.Limits{Messages: 500, Bytes: 600_000}
	for _, test := range []struct {
		name    string
		options []tether.Option
		kept    uint64
	}{
		{"drop oldest", []tether.Option{tether.WithInbox(limits, tether.InboxDropOldest)}, 300},
		{"conflate", []tether.Option{tether.WithInbox(limits), tether.WithConflation(func(codec.Message) string { return "all" })}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, "/push?n="+strconv.Itoa(n)+"&size="+strconv.Itoa(size), append(test.options, fast)...)
			var st tether.Stats
			for end := time.Now().Add(patience); st.Received < n && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				if st = c.Stats(); st.Inbox.Messages > limits.Messages || st.Inbox.Bytes > limits.Bytes {
					t.Fatalf("the inbox holds %+v", st.Inbox)
				}
			}
			c.saw("one connection", func(s wstest.Stats) bool { return s.Accepted == 1 && s.Live == 1 })
			for range 200 { // what was dropped is counted a moment after what came
				if st = c.Stats(); st.Dropped+st.Replaced+test.kept == n {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if gone := st.Dropped + st.Replaced; st.Received != n || uint64(st.Inbox.Messages) != test.kept || gone+test.kept != n {
				t.Errorf("%d of %d came, %d gone, %d wait", st.Received, n, gone, st.Inbox.Messages)
			}
		})
	}
}

func TestInboxCloseGivesUpTheConnectionEverywhere(t *testing.T) {
	c := start(t, "/push?n=400&size=2000", tether.WithInbox(tether.Limits{Messages: 100}, tether.InboxClose))
	lost := make(chan tether.Lost, 10)
	tether.On(c, func(e tether.Lost) {
		select {
		case lost <- e:
		default:
		}
	})
	select {
	case e := <-lost:
		if !errors.Is(e.Err, tether.ErrInboxFull) {
			t.Errorf("%+v", e)
		}
	case <-time.After(patience):
		t.Error("the connection was kept")
	}
}
