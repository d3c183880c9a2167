package tap

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestRulesOnACompressedConnection: rules that are set while messages pass, and cleared again, leave the client with the text that
// the server sent, although it misses a message that the next ones refer to.
func TestRulesOnACompressedConnection(t *testing.T) {
	const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	h, tapped := hows[0], New(Config{Sink: &memory{}, LeaveMasked: true})
	handler := make(chan net.Conn, 1)
	client := h.serve(t, tapped, func(c net.Conn, _ *bufio.ReadWriter) { handler <- c; <-t.Context().Done() })
	_, _ = io.WriteString(client, request[:len(request)-2]+offer)
	server := await.Receive(t, handler)
	_ = client.SetReadDeadline(time.Now().Add(await.Limit))
	from := bufio.NewReader(client)
	readHead(t, from)
	// The test's handler answers without the extension: the tap is what is under test, so it is given what was negotiated.
	p := &pair{tap: tapped}
	injector, _ := tapped.Injector(1)
	params := frame.DeflateParams{}
	injector.c.in.begin(frame.NewDecoder(frame.Config{Deflate: &params}))

	z := frame.NewDeflater(params, false)
	dec := frame.NewDecoder(frame.Config{Deflate: &params})
	for _, step := range []struct {
		rules, text string
		copies      int
	}{
		{"", "the price is 12", 1},
		{"gone => drop\ntwice => duplicate", "the price is 13", 1},
		{"", "gone: the price is 14", 0},
		{"", "twice: the price is 14", 2},
		{"clear", "the price is 14, and gone", 1},
		{"", "the price is 14 again", 1},
	} {
		switch step.rules {
		case "":
		case "clear":
			tapped.SetRules(nil)
		default:
			p.setRules(t, step.rules)
		}
		if _, err := server.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, z.Append(nil, []byte(step.text)))); err != nil {
			t.Fatal(err)
		}
		for range step.copies {
			if got := readMessage(t, from, dec); got != step.text {
				t.Fatalf("read %q, want %q", got, step.text)
			}
		}
	}
}

// TestAFloodOfBombsIsNotInflated proves that the tap inflates a message past its ratio within the budget of the process only, that the record says so,
// that the refusal is counted, and that the bytes pass all the same.
func TestAFloodOfBombsIsNotInflated(t *testing.T) {
	const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	t.Cleanup(budget.Inflating.SetLimit(1)) // no step is that small
	refused := budget.Inflating.Refused()
	sink := &memory{}
	h, tapped := hows[0], New(Config{Sink: sink, LeaveMasked: true})
	bomb := frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Binary}, frame.NewDeflater(frame.DeflateParams{}, false).Append(nil, make([]byte, 1<<20)))
	handler := make(chan net.Conn, 1)
	client := h.serve(t, tapped, func(c net.Conn, _ *bufio.ReadWriter) { handler <- c; <-t.Context().Done() })
	_, _ = io.WriteString(client, request[:len(request)-2]+offer)
	_ = client.SetReadDeadline(time.Now().Add(await.Limit))
	from := bufio.NewReader(client)
	server := await.Receive(t, handler)
	readHead(t, from)
	injector, _ := tapped.Injector(1) // whose handler answered without the extension
	config := injector.c.decoderConfig(&frame.DeflateParams{})
	config.FromClient = false
	injector.c.in.begin(frame.NewDecoder(config))
	if _, err := server.Write(bomb); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(bomb))
	if _, err := io.ReadFull(from, got); err != nil || !bytes.Equal(got, bomb) {
		t.Fatalf("the client got other bytes: %v", err)
	}
	await.Until(t, "the record of the message", func() bool {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for _, r := range sink.list {
			if r.Kind == record.KindFrame {
				return r.Violations == frame.InflateBudget && r.Inflated < 1<<20
			}
		}
		return false
	})
	if budget.Inflating.Refused() == refused {
		t.Error("the refusal is not counted")
	}
}

// readMessage reads up to the end of a message.
func readMessage(t *testing.T, r io.Reader, dec *frame.Decoder) (text string) {
	t.Helper()
	for done := false; !done; {
		var one [1]byte
		if _, err := io.ReadFull(r, one[:]); err != nil {
			t.Fatal(err)
		}
		dec.Feed(one[:], func(f *frame.Frame) {
			if f.Message != nil {
				text, done = string(f.Message.Body), true
			}
		})
	}
	return text
}

// TestInterceptedCompressedMessages: an intercepted message of a compressed connection is shown inflated, and what is forwarded or sent in
// its place reads right at the client, as do the messages after it.
func TestInterceptedCompressedMessages(t *testing.T) {
	const offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	h, tapped := hows[0], New(Config{Sink: &memory{}, LeaveMasked: true})
	handler := make(chan net.Conn, 1)
	client := h.serve(t, tapped, func(c net.Conn, _ *bufio.ReadWriter) { handler <- c; <-t.Context().Done() })
	_, _ = io.WriteString(client, request[:len(request)-2]+offer)
	server := await.Receive(t, handler)
	_ = client.SetReadDeadline(time.Now().Add(await.Limit))
	from := bufio.NewReader(client)
	readHead(t, from)
	p := &pair{tap: tapped}
	p.injector, _ = tapped.Injector(1)
	params := frame.DeflateParams{}
	p.injector.c.in.begin(frame.NewDecoder(frame.Config{Deflate: &params})) // as TestRulesOnACompressedConnection
	p.setRules(t, "price => intercept 10m")

	z, dec := frame.NewDeflater(params, false), frame.NewDecoder(frame.Config{Deflate: &params})
	send := func(text string) {
		if _, err := server.Write(frame.AppendFrame(nil, frame.Header{Fin: true, Rsv: frame.RSV1, Opcode: frame.Text}, z.Append(nil, []byte(text)))); err != nil {
			t.Fatal(err)
		}
	}
	for i, text := range []string{"the price is 12", "the price is 13", "the price is 14"} {
		send(text)
		held := p.waitIntercepted(t, record.In, 1)[0]
		if want := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte(text)); !held.Compressed || !bytes.Equal(held.Bytes, want) {
			t.Fatalf("intercepted: %+v", held)
		}
		want, decision, instead := text, Forward, []byte(nil)
		switch i {
		case 1:
			decision, want = Discard, ""
		case 2:
			want, decision = "edited", Replace
			instead = frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte(want))
		}
		if err := p.injector.Resolve(record.In, held.ID, decision, instead); err != nil {
			t.Fatal(err)
		}
		if want != "" {
			if got := readMessage(t, from, dec); got != want {
				t.Fatalf("read %q, want %q", got, want)
			}
		}
		send("the end of message")
		if got := readMessage(t, from, dec); got != "the end of message" {
			t.Fatalf("behind it: %q", got)
		}
	}
}
