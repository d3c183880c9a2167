package server

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

// TestNoTokenIsKeptUnderFaultRules proves that the token of a first message stays out of the capture whatever rules do to its frames, and that
// what follows it stays in.
func TestNoTokenIsKeptUnderFaultRules(t *testing.T) {
	for _, rules := range []string{
		"dir:out => delay 1ms..2ms", "dir:out => rate 200KiB/s", "dir:out op:data => duplicate 2", "dir:out op:data => corrupt", "dir:out op:data => truncate 60",
		"dir:out op:data => split 3", "dir:out op:data => split 50", "dir:out => merge", "dir:out op:data => reorder", "dir:out op:data => drop",
		"dir:out op:data => split 3\ndir:out => delay 1ms", "dir:out op:data => duplicate\ndir:out op:data => corrupt 40", "dir:out op:data => intercept 100ms",
		"dir:out op:data => cut",
	} {
		t.Run(strings.ReplaceAll(rules, "\n", "; "), func(t *testing.T) {
			t.Parallel()
			s := start(t, devTokens)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			if _, err := scope.New("http://"+s.addr, s.Token()).SetRules(ctx, rules); err != nil {
				t.Fatal(err)
			}
			token := s.devToken(t, "ada")
			c := s.open(t, "/ws/chat?auth=message", "Origin: http://"+s.addr)
			c.send(frame.Header{Opcode: frame.Text}, `{"type":"auth","token":"`+token[:30])
			c.send(frame.Header{Fin: true, Opcode: frame.Continuation}, token[30:]+`"}`)
			c.send(frame.Header{Fin: true, Opcode: frame.Text}, `{"type":"chat","message":"what follows is kept"}`)
			c.send(frame.Header{Fin: true, Opcode: frame.Ping}, "last")
			s.records(t, func(r *record.Record) bool {
				return r.Kind == record.KindEnd || r.Kind == record.KindFrame && r.Dir == record.Out && string(r.Payload) == "last"
			})
			_ = c.Close()
			list := s.records(t, func(r *record.Record) bool { return r.Kind == record.KindEnd })
			text := everything(list)
			for i := 0; i+12 <= len(token); i++ {
				if strings.Contains(text, token[i:i+12]) {
					t.Fatalf("the capture holds a part of the token: %q", token[i:i+12])
				}
			}
			if !strings.Contains(text, "what follows is kept") && !strings.Contains(rules, "cut") {
				t.Errorf("what follows is not in the capture:\n%s", text)
			}
		})
	}
}

// TestNoTokenIsListedWhileItsFrameIsIntercepted proves that the list of intercepted frames holds no token of a first message, whole or in
// fragments, whatever rules made of it before; that such a frame cannot be replaced by what the list shows of it; that other frames are listed as
// they are; and that the client logs in with the token once its frame is forwarded.
func TestNoTokenIsListedWhileItsFrameIsIntercepted(t *testing.T) {
	for _, before := range []string{"", "dir:out op:data => split 3\n", "dir:out => merge\n", "dir:out op:data => truncate 60\n", "dir:out => delay 1ms\n"} {
		t.Run(strings.TrimSpace(before), func(t *testing.T) {
			t.Parallel()
			s := start(t, devTokens)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			acts := scope.New("http://"+s.addr, s.Token())
			if _, err := acts.SetRules(ctx, before+"dir:out op:data => intercept 1h"); err != nil {
				t.Fatal(err)
			}
			token := s.devToken(t, "ada")
			c := s.open(t, "/ws/chat?auth=message", "Origin: http://"+s.addr)
			defer func() { _ = c.Close() }()
			c.send(frame.Header{Opcode: frame.Text}, `{"type":"auth","token":"`+token[:30])
			c.send(frame.Header{Fin: true, Opcode: frame.Continuation}, token[30:]+`"}`)
			c.send(frame.Header{Fin: true, Opcode: frame.Text}, `{"type":"chat","message":"listed"}`)
			listed := s.interceptedUntil(ctx, t, acts, "listed")
			if len(listed) < 2 {
				t.Fatal("the frames with the token are not listed")
			}
			for _, f := range listed[:len(listed)-1] {
				if said := unmaskedPayload(f.Bytes); said != redact.Placeholder || !f.Hidden {
					t.Errorf("the list has %q, hidden %t", said, f.Hidden)
				}
				placeholder := redact.Placeholder
				replaced := act.Resolution{To: f.To, ID: f.ID, Decision: act.Replace, Message: &act.Message{Text: &placeholder, Force: true}}
				if err := acts.Resolve(ctx, f.Conn, replaced); err == nil || !strings.Contains(err.Error(), "holds a credential") {
					t.Errorf("a hidden frame is replaced: %v", err)
				}
				if err := acts.Resolve(ctx, f.Conn, act.Resolution{To: f.To, ID: f.ID, Decision: act.Forward}); err != nil {
					t.Fatal(err)
				}
			}
			if last := listed[len(listed)-1]; last.Hidden {
				t.Error("what follows the token is hidden")
			}
			if before != "" {
				return
			}
			if _, said, err := c.next(); err != nil || !strings.Contains(said, "welcome") {
				t.Errorf("the server answered %q, %v", said, err)
			}
		})
	}
}

// interceptedUntil returns the intercepted frames once one of them says a word.
func (s *running) interceptedUntil(ctx context.Context, t *testing.T, acts *scope.Client, word string) (list []act.InterceptedFrame) {
	t.Helper()
	await.Until(t, "a frame that says "+word+" is listed", func() bool {
		var err error
		if list, err = acts.Intercepted(ctx); err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(f act.InterceptedFrame) bool { return strings.Contains(unmaskedPayload(f.Bytes), word) })
	})
	return list
}

func unmaskedPayload(whole []byte) (said string) {
	h, _ := frame.ParseHeader(whole)
	d := frame.NewDecoder(frame.Config{FromClient: h.Masked, Snap: 1 << 10})
	d.Feed(whole, func(f *frame.Frame) { said = string(f.Payload) })
	return said
}

// TestMaskedTokensAreHidden proves that the token of a first message is hidden where the tap left the frame masked, and recognised in a masked
// copy of it: with its key, which is recorded, a payload can be unmasked.
func TestMaskedTokensAreHidden(t *testing.T) {
	var h hider
	h.expect(1)
	first := maskedText(1, 1, `{"type":"auth","token":"a secret of thirty characters"}`)
	copied := maskedText(1, 0, "x a secret of thirty characters")
	copied.Marks = record.Injected
	for _, r := range []*record.Record{first, copied} {
		if got := h.hide(r); got.LeftMasked || string(got.Payload) != redact.Placeholder {
			t.Errorf("%q, left masked: %t", got.Payload, got.LeftMasked)
		}
	}
	for _, r := range []*record.Record{maskedText(1, 2, "what follows"), maskedText(2, 1, "of another connection")} {
		if got := h.hide(r); got != r {
			t.Errorf("%q is hidden", r.Unmasked().Payload)
		}
	}
}

// maskedText is a frame of text whose payload a tap left masked.
func maskedText(conn uint32, message uint64, text string) *record.Record {
	key := [4]byte{1, 2, 3, 4}
	r := &record.Record{
		Kind: record.KindFrame, Conn: conn, Message: message, Payload: []byte(text), LeftMasked: true, Final: true,
		Header: frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: key, Length: uint64(len(text))},
	}
	frame.Unmask(r.Payload, key)
	return r
}
