// These tests prove that faults work on real clients and servers, and that a tether with a session gets through each of them:
// nothing lost, nothing doubled, nothing altered, nothing out of order.
package devserver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// eager comes back soon, and atOnce also after the codes that ask for half a minute: no fleet has to be spread here.
var eager = tether.Backoff{Base: 5 * time.Millisecond, Max: 50 * time.Millisecond}

func atOnce(c tether.CloseInfo) tether.Decision {
	return tether.Decision{Stop: tether.DefaultDecide(c).Stop}
}

func TestATetherWithASessionGetsThroughFaults(t *testing.T) {
	const messages = 150
	for _, deck := range []string{
		"=> delay 1ms..9ms", "=> rate 200KiB/s", "=> split 3", "=> merge", "every 5ms => ping", "every 5ms => pong",
		"seed 1\n=> cut 2%", "seed 2\n=> reset 3%", "seed 3\ndir:in => finish 3%", "seed 4\ndir:out => finish 3%",
		"seed 5\ndir:in => close 1012 3%", "seed 6\ndir:in => blackhole 2%", "seed 7\ndir:out => blackhole 2%",
		"seed 8\n=> reset 3%\nhandshake => refuse 503 50%", "seed 9\n=> reset 3%\nhandshake => reset 50%",
		"=> flap 150ms 50ms\n=> delay 2ms",
		"seed 10\nop:data => corrupt 3%", "seed 11\nop:data => drop 3%", "seed 12\nop:data => truncate 12 10%", "seed 13\nop:data => duplicate 2 5%",
		"seed 14\nop:data => reorder 3%", "seed 15\n=> split 4\n=> corrupt 1%", "seed 16\n=> merge\ndir:in => corrupt 9 3%",
	} {
		t.Run(strings.ReplaceAll(deck, "\n", "; "), func(t *testing.T) {
			t.Parallel()
			s := start(t, nil)
			c, err := tether.New("ws://"+s.addr+"/ws/resume", codec.String(), tether.WithResume(tether.Resume{}), tether.WithBackoff(eager), tether.WithDecide(atOnce),
				tether.WithConnectTimeout(2*time.Second), tether.WithHeartbeat(tether.Heartbeat{Interval: time.Second, Timeout: 2 * time.Second}))
			if err != nil {
				t.Fatal(err)
			}
			gaps := 0
			tether.On(c, func(tether.Gap) { gaps++ })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- c.Run(ctx) }()
			api := scope.New("http://"+s.addr, s.Token())
			if _, err := api.Arm(ctx, deck); err != nil {
				t.Fatal(err)
			}
			go func() {
				for i := range messages {
					if c.Send(ctx, strconv.Itoa(i)) != nil {
						return // the test says why
					}
				}
			}()
			next := 0
			for got, err := range c.Messages(ctx) {
				if err != nil || got != strconv.Itoa(next) {
					t.Fatalf("message %d is %q, %v", next, got, err)
				}
				if next++; next == messages {
					break
				}
			}
			if next != messages || gaps > 0 {
				t.Errorf("%d of %d messages came, %d gaps, %v", next, messages, gaps, ctx.Err())
			}
			if _, err := api.Arm(ctx, ""); err != nil {
				t.Error(err)
			}
			c.Close()
			<-ended
		})
	}
}

// TestTheDeckIsArmedOverTheAPI: what is wrong with it is told with its place, what is right is in force and told.
func TestTheDeckIsArmedOverTheAPI(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	var f *act.Failure
	if _, err := api.Arm(t.Context(), "\ndir:in => explode"); !errors.As(err, &f) || f.Field != "text" || !strings.HasPrefix(f.Text, "line 2, column 11: ") {
		t.Errorf("a wrong deck: %v", err)
	}
	want := "dir:in => drop 50%\n"
	if now, err := api.Arm(t.Context(), " dir:in  =>  drop  50%"); err != nil || now != want {
		t.Errorf("%q, %v", now, err)
	}
	if now, err := api.Deck(t.Context()); err != nil || now != want {
		t.Errorf("%q, %v", now, err)
	}
	if now, err := api.Arm(t.Context(), ""); err != nil || now != "" {
		t.Errorf("%q, %v", now, err)
	}
}

// TestHeldFramesAreDecidedOverTheAPI: a held frame waits on the server, whoever looks, and becomes what was decided.
func TestHeldFramesAreDecidedOverTheAPI(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	if _, err := api.Arm(t.Context(), "dir:in hold => hold 10m"); err != nil {
		t.Fatal(err)
	}
	c := s.open(t, "/ws/echo")
	for _, text := range []string{"hold 1", "hold 2", "free", "hold 3"} {
		c.send(frame.Header{Fin: true, Opcode: frame.Text}, text)
	}
	c.want(frame.Text, "free")
	var held []act.HeldFrame
	for end := time.Now().Add(2 * time.Minute); len(held) < 3 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var err error
		if held, err = api.Held(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(held) != 3 || held[0].To != act.ToClient || held[0].Left <= 0 || string(held[0].Bytes) != "\x81\x06hold 1" {
		t.Fatalf("%+v", held)
	}
	decide := func(d act.Decision) error {
		d.To = act.ToClient
		return api.Decide(t.Context(), held[0].Conn, d)
	}
	text := "edited"
	for _, err := range []error{
		decide(act.Decision{ID: 3, Verdict: act.Forward}), decide(act.Decision{ID: 2, Verdict: act.Discard}),
		decide(act.Decision{ID: 1, Verdict: act.Replace, Message: &act.Message{Text: &text}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.want(frame.Text, "hold 3")
	c.want(frame.Text, "edited")
	for what, err := range map[string]error{
		"not held":               decide(act.Decision{ID: 1, Verdict: act.Forward}),
		"verdict":                decide(act.Decision{ID: 1, Verdict: "keep"}),
		"what shall take":        decide(act.Decision{ID: 1, Verdict: act.Replace}),
		"breaks the protocol":    decide(act.Decision{ID: 1, Verdict: act.Replace, Message: &act.Message{Text: &text, Rsv: 2}}),
		"neither \"client\" nor": api.Decide(t.Context(), held[0].Conn, act.Decision{To: "nobody", ID: 1, Verdict: act.Forward}),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	s.records(t, func(r *record.Record) bool {
		return r.Marks == record.Injected|record.Edited && string(r.Payload) == text
	})
}

func TestADeckInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deck")
	if err := os.WriteFile(file, []byte("seed 3\nop:pong => drop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) (string, bool) { return "", false }
	o, err := ParseFlags([]string{"-faults", file}, none, nil)
	if err != nil || o.Faults.String() != "seed 3\nop:pong => drop\n" {
		t.Errorf("%v, %v", o, err)
	}
	if err := os.WriteFile(file, []byte("op:pong => lose"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseFlags([]string{"-faults", file}, none, nil); err == nil || !strings.Contains(err.Error(), "line 1, column 12") {
		t.Error(err)
	}
	if _, err := ParseFlags([]string{"-faults", file + "x"}, none, nil); err == nil || !strings.Contains(err.Error(), "-faults") {
		t.Error(err)
	}
}
