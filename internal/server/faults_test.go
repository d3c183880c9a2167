// These tests prove that fault rules act on real clients and servers, and that a tether with a session survives each of them:
// no message is lost, duplicated, altered or reordered.
package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
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
	for _, rules := range []string{
		"=> delay 1ms..9ms", "=> rate 200KiB/s", "=> split 3", "=> merge", "every 5ms => ping", "every 5ms => pong",
		"seed 1\n=> cut 2%", "seed 2\n=> reset 3%", "seed 3\ndir:in => finish 3%", "seed 4\ndir:out => finish 3%",
		"seed 5\ndir:in => close 1012 3%", "seed 6\ndir:in => blackhole 2%", "seed 7\ndir:out => blackhole 2%",
		"seed 8\n=> reset 3%\nhandshake => refuse 503 50%", "seed 9\n=> reset 3%\nhandshake => reset 50%",
		"=> flap 150ms 50ms\n=> delay 2ms",
		"seed 10\nop:data => corrupt 3%", "seed 11\nop:data => drop 3%", "seed 12\nop:data => truncate 12 10%", "seed 13\nop:data => duplicate 2 5%",
		"seed 14\nop:data => reorder 3%", "seed 15\n=> split 4\n=> corrupt 1%", "seed 16\n=> merge\ndir:in => corrupt 9 3%",
	} {
		t.Run(strings.ReplaceAll(rules, "\n", "; "), func(t *testing.T) {
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
			if _, err := api.SetRules(ctx, rules); err != nil {
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
			if _, err := api.SetRules(ctx, ""); err != nil {
				t.Error(err)
			}
			c.Close()
			_ = await.Receive(t, ended) // closed by the test
		})
	}
}

// TestRulesAreSetOverTheAPI: an error names its position; valid rules are active, and are given back in their canonical form.
func TestRulesAreSetOverTheAPI(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	var f *act.Failure
	if _, err := api.SetRules(t.Context(), "\ndir:in => explode"); !errors.As(err, &f) || f.Field != "text" || !strings.HasPrefix(f.Text, "line 2, column 11: ") {
		t.Errorf("wrong rules: %v", err)
	}
	want := "dir:in => drop 50%\n"
	if now, err := api.SetRules(t.Context(), " dir:in  =>  drop  50%"); err != nil || now != want {
		t.Errorf("%q, %v", now, err)
	}
	if now, err := api.Rules(t.Context()); err != nil || now != want {
		t.Errorf("%q, %v", now, err)
	}
	if now, err := api.SetRules(t.Context(), ""); err != nil || now != "" {
		t.Errorf("%q, %v", now, err)
	}
}

// TestInterceptedFramesAreResolvedOverTheAPI: an intercepted frame waits on the server until it is resolved, and becomes what
// the resolution says.
func TestInterceptedFramesAreResolvedOverTheAPI(t *testing.T) {
	s := start(t, nil)
	api := scope.New("http://"+s.addr, s.Token())
	if _, err := api.SetRules(t.Context(), "dir:in hold => intercept 10m"); err != nil {
		t.Fatal(err)
	}
	c := s.open(t, "/ws/echo")
	for _, text := range []string{"hold 1", "hold 2", "free", "hold 3"} {
		c.send(frame.Header{Fin: true, Opcode: frame.Text}, text)
	}
	c.want(frame.Text, "free")
	var frames []act.InterceptedFrame
	await.Until(t, "three frames are intercepted", func() bool {
		var err error
		if frames, err = api.Intercepted(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(frames) == 3
	})
	if frames[0].To != act.ToClient || frames[0].Left <= 0 || string(frames[0].Bytes) != "\x81\x06hold 1" {
		t.Fatalf("%+v", frames)
	}
	resolve := func(d act.Resolution) error {
		d.To = act.ToClient
		return api.Resolve(t.Context(), frames[0].Conn, d)
	}
	text := "edited"
	for _, err := range []error{
		resolve(act.Resolution{ID: 3, Decision: act.Forward}), resolve(act.Resolution{ID: 2, Decision: act.Discard}),
		resolve(act.Resolution{ID: 1, Decision: act.Replace, Message: &act.Message{Text: &text}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.want(frame.Text, "hold 3")
	c.want(frame.Text, "edited")
	for what, err := range map[string]error{
		"not intercepted":        resolve(act.Resolution{ID: 1, Decision: act.Forward}),
		"decision":               resolve(act.Resolution{ID: 1, Decision: "keep"}),
		"what replaces":          resolve(act.Resolution{ID: 1, Decision: act.Replace}),
		"breaks the protocol":    resolve(act.Resolution{ID: 1, Decision: act.Replace, Message: &act.Message{Text: &text, Rsv: 2}}),
		"neither \"client\" nor": api.Resolve(t.Context(), frames[0].Conn, act.Resolution{To: "neither", ID: 1, Decision: act.Forward}),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
	s.records(t, func(r *record.Record) bool {
		return r.Marks == record.Injected|record.Edited && string(r.Payload) == text
	})
}

// TestFormerNamesOfTheAPIAreAnswered: programs that use the paths and the field from before the fault rules had their present
// names go on working.
func TestFormerNamesOfTheAPIAreAnswered(t *testing.T) {
	s := start(t, nil)
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		res, text := s.get(t, method, path, feed.TokenHeader+": "+s.Token(), "Content-Type: application/json", "Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
		return res.StatusCode, text
	}
	if status, text := ask("PUT", "/api/deck", `{"text":"dir:in => intercept 10m"}`); status != 200 {
		t.Fatal(status, text)
	}
	c := s.open(t, "/ws/echo")
	c.send(frame.Header{Fin: true, Opcode: frame.Text}, "hello")
	await.Until(t, "a frame is intercepted", func() bool {
		_, text := ask("GET", "/api/held", "")
		return strings.Contains(text, `"id":1`)
	})
	if status, text := ask("POST", "/api/conns/1/decide", `{"to":"client","id":1,"verdict":"forward"}`); status != 200 {
		t.Fatal(status, text)
	}
	c.want(frame.Text, "hello")
	if status, text := ask("GET", "/api/deck", ""); status != 200 || text != `{"text":"dir:in =\u003e intercept 10m0s\n"}`+"\n" {
		t.Error(status, text)
	}
}

func TestRulesInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules")
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
	if err := os.WriteFile(file, []byte("seed 3\nop:pong => drop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err = ParseFlags([]string{"-rule", "dir:in => replace /a,b/c/", "-faults", file, "-rule", "=> drop"}, none, nil)
	if err != nil || o.Faults.String() != "seed 3\nop:pong => drop\ndir:in => replace /a,b/c/\n=> drop\n" {
		t.Errorf("%v, %v", o, err)
	}
	if _, err := ParseFlags([]string{"-rule", "=> drop", "-rule", "op:pong => lose"}, none, nil); err == nil || !strings.Contains(err.Error(), `-rule "op:pong => lose": line 1, column 12`) {
		t.Error(err)
	}
	if _, err := ParseFlags([]string{"-faults", file + "x"}, none, nil); err == nil || !strings.Contains(err.Error(), "-faults") {
		t.Error(err)
	}
}
