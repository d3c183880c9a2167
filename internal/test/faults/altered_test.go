package faults

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// touched counts frames that a rule did something to.
type touched struct{ n atomic.Int64 }

func (c *touched) Append(r *record.Record) {
	if r.Kind == record.KindFrame && r.Marks != 0 && r.Marks&record.Injected == 0 {
		c.n.Add(1)
	}
}

// underRules puts a tapping proxy with fault rules before a server, and returns its host:port.
func underRules(t *testing.T, server, text string) (addr string, seen *touched, disarm func()) {
	t.Helper()
	target, err := proxy.ParseTarget("fleet=http://" + server)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	seen = &touched{}
	tapped, p := tap.New(tap.Config{Sink: seen}), proxy.New(target, proxy.Options{})
	tapped.SetRules(rules)
	front := httptest.NewServer(tapped.Handler("fleet", p))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Close(ctx)
		front.Close()
	})
	return strings.TrimPrefix(front.URL, "http://"), seen, func() { tapped.SetRules(nil) }
}

// TestChromiumFleetsGetWhatIsAlteredAgain: pages with sessions whose messages are altered, lost, cut, doubled and moved on the
// way, in both directions, get and send each as it was, once and in order.
func TestChromiumFleetsGetWhatIsAlteredAgain(t *testing.T) {
	s := newSite(t, "fleet")
	for _, rules := range []string{
		"seed 1\nop:data => corrupt 2%", "seed 2\nop:data => drop 2%", "seed 3\nop:data => truncate 9 2%",
		"seed 4\nop:data => duplicate 2%", "seed 5\nop:data => reorder 2%",
	} {
		t.Run(strings.ReplaceAll(rules, "\n", "; "), func(t *testing.T) {
			f := &fleet{t: t}
			var server string
			f.docks, server = newDocks(t, 4, true)
			addr, seen, disarm := underRules(t, server, rules)
			for i, script := range []string{`<script src="/bridge.js"></script>`, ""} {
				urls := []string{fmt.Sprintf("ws://%s/%d", addr, 2*i), fmt.Sprintf("ws://%s/%d", addr, 2*i+1)}
				f.pages = append(f.pages, f.open(s, script, environment(f.kind, true, urls)))
			}
			for end := time.Now().Add(fleetLimit); seen.n.Load() < int64(disconnects()); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("rules did something to %d frames; the clients: %.2000s", seen.n.Load(), fmt.Sprintf("%+v", f.stories()))
				}
			}
			disarm()
			f.say("stop")
			f.until("settled")
			t.Logf("rules did something to %d frames", seen.n.Load())
			f.balance(true)
		})
	}
}
