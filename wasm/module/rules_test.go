//go:build !js

package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/chrome"
)

// differences are the rules of the standard that a resilient socket breaks on purpose, and why. A plain socket breaks none.
var differences = map[string]string{
	"send: while connecting":                           "it queues: that is what resilient is for",
	"close: a fraction that rounds up":                 "it rounds, as Web IDL says; Chromium cuts off",
	"send: after close throws nothing and counts":      "what is dropped is told by an event, not kept in a number that never falls",
	"peer: ends the TCP connection":                    "it reconnects",
	"peer: resets the TCP connection":                  "it reconnects",
	"peer: breaks the protocol":                        "it reconnects",
	"peer: closes without a code":                      "it reconnects",
	"peer: refuses":                                    "it reconnects: a browser does not tell a refusal from an outage",
	"peer: is no WebSocket":                            "it reconnects, for the same reason",
	"peer: selects a subprotocol that was not offered": "it reconnects, for the same reason",
	"events: error is a plain Event":                   "an attempt that failed is a retry event; error comes when it gives up",
}

// classes are the three sockets under test, as expressions.
var classes = map[string]string{
	"browser": "WebSocket",
	"plain":   "TetherSocket",
	"resilient": `class extends TetherSocket {
		constructor(...args) { if (args.length === 0) super(); else super(args[0], args[1], { resilient: true }); }
	}`,
}

// TestRules: every rule of the standard that a page can observe has the same outcome with the browser's own class and
// with a plain TetherSocket, and with a resilient one but for the differences above.
func TestRules(t *testing.T) {
	s := newSite(t)
	p := s.page(t)
	names := run[[]string](t, p, "return Object.keys((await import('/testdata/rules.mjs')).rules);")
	if len(names) < 50 {
		t.Fatalf("only %d rules", len(names))
	}
	for _, name := range names {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			want := apply(t, p, "browser", name)
			if got := apply(t, p, "plain", name); got != want {
				t.Errorf("plain:\n got  %s\n want %s", got, want)
			}
			why, differs := differences[name]
			got := apply(t, p, "resilient", name)
			switch {
			case differs && got == want:
				t.Errorf("resilient does not differ any more (%s)", why)
			case !differs && got != want:
				t.Errorf("resilient:\n got  %s\n want %s", got, want)
			case differs:
				t.Logf("resilient differs: %s\n browser   %s\n resilient %s", why, want, got)
			}
		})
	}
}

// apply returns the outcome of a rule as JSON, or says that it has none within a second.
func apply(t *testing.T, p *chrome.Page, class, rule string) string {
	t.Helper()
	name, _ := json.Marshal(rule)
	return run[string](t, p, `
		const { rules } = await import('/testdata/rules.mjs');
		const WS = `+classes[class]+`;
		const outcome = (async () => JSON.stringify(await rules[`+string(name)+`](WS, at)))().catch((error) => 'failed: ' + error);
		return Promise.race([outcome, pause(1000).then(() => 'no outcome within a second')]);`)
}
