//go:build !js

package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// plainDiffers are the rules that a plain socket, which is the browser's own object, cannot keep as another class, and why.
var plainDiffers = map[string]string{
	"shape: name of the class":                    "it is another class, and says so",
	"shape: what it inherits from":                "it extends the browser's class, whose rules it keeps by being one",
	"shape: members of its own":                   "it has more of them; none of the browser's is missing",
	"shape: a member that a page deletes is gone": "it extends the browser's class, whose member shows then",
}

// resilientDiffers are the rules that a resilient socket breaks on purpose besides, and why.
var resilientDiffers = map[string]string{
	"shape: what it inherits from":                                                "it extends the browser's class",
	"send: while connecting":                                                      "it queues: that is what resilient is for",
	"close: a fraction that rounds up":                                            "it rounds, as Web IDL says; Chromium cuts off",
	"send: after close throws nothing and counts":                                 "what is dropped is reported by an event, not kept in a number that never falls",
	"send: while closing throws nothing and counts":                               "what is dropped is reported by an event, not kept in a number that never falls",
	"peer: ends the TCP connection":                                               "it reconnects",
	"peer: resets the TCP connection":                                             "it reconnects",
	"peer: breaks the protocol":                                                   "it reconnects",
	"peer: closes without a code":                                                 "it reconnects",
	"peer: refuses":                                                               "it reconnects: a browser does not distinguish a refusal from an outage",
	"peer: is no WebSocket":                                                       "it reconnects, for the same reason",
	"peer: selects a subprotocol that was not offered":                            "it reconnects, for the same reason",
	"handshake: a wrong accept key":                                               "it reconnects: a browser does not distinguish a refusal from an outage",
	"handshake: every other status":                                               "it reconnects, for the same reason",
	"handshake: a redirection is not followed":                                    "it reconnects, for the same reason",
	"handshake: a server that does not speak TLS":                                 "it reconnects, for the same reason",
	"handshake: nothing listens":                                                  "it reconnects",
	"constructor: ports that browsers refuse":                                     "it reconnects: a browser does not distinguish a refusal from an outage",
	"peer: closes with a code that must not be sent":                              "it reconnects",
	"peer: closes with what is reserved for later":                                "it reconnects, as each code asks",
	"constructor: a place that the policy forbids":                                "it also says close, which Chromium forgets; CLOSED is reported when it is known",
	"constructor: protocols that are no list":                                     "a function is asked for the protocols before each attempt",
	"events: one object for handler and listeners, whose data is always the same": "script dispatches its events, so microtasks wait for the last listener",
	"turns: microtasks come before the events of a close while connecting":        "script dispatches its events, so microtasks wait for the last listener",
	"events: error is a plain Event":                                              "an attempt that failed is a retry event; error comes when it gives up",
	"events: trusted":                                                             "its events outlive connections, so they are its own; only a browser makes trusted ones",
}

// scopes are where the rules are applied: expressions of the function that does it.
var scopes = []struct{ name, apply string }{
	{"window", "rules.apply"},
	{"Worker", "rules.elsewhere(Worker)"},
	{"SharedWorker", "rules.elsewhere(SharedWorker)"},
}

// TestRules: every rule of the standard that a page can observe has the same outcome with the browser's own class and
// with a plain TetherSocket, and with a resilient one but for the differences above: in a window, a Worker and a
// SharedWorker of the same browser. The differences are printed as a table.
func TestRules(t *testing.T) {
	p := newSite(t).page(t)
	names := run[[]string](t, p, "return Object.keys((await import('/testdata/rules.mjs')).rules);")
	if len(names) < 100 {
		t.Fatalf("only %d rules", len(names))
	}
	seen := &differences{rows: map[string][]string{}}
	for _, scope := range scopes {
		run[any](t, p, `const rules = await import('/testdata/apply.mjs'); globalThis.apply = `+scope.apply+`; return null;`)
		for _, name := range names {
			t.Run(scope.name+"/"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				args, _ := json.Marshal([]any{name, resilientDiffers[name] != ""})
				got := run[map[string]string](t, p, "return apply("+string(args)+");")
				if browser := got["browser"]; strings.HasPrefix(browser, "failed") || browser == "no outcome in time" {
					t.Errorf("the rule does not say anything: with the browser's own class it %s", browser)
				}
				seen.judge(t, scope.name, name, "plain", got, plainDiffers)
				seen.judge(t, scope.name, name, "resilient", got, plainDiffers, resilientDiffers)
			})
		}
	}
	t.Logf("%d rules in %d scopes; what differs:\n%s", len(names), len(scopes), seen)
}

// TestDifferencesAreDocumented: docs/js-websocket.md has the rules above with their reasons, and no others.
func TestDifferencesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/js-websocket.md")
	if err != nil {
		t.Fatal(err)
	}
	plain, resilient, _ := strings.Cut(string(text), "A resilient socket")
	for i, want := range []map[string]string{plainDiffers, resilientDiffers} {
		got := map[string]string{}
		for _, m := range regexp.MustCompile(`(?m)^\| (\w+: .*?) \| (.*) \|$`).FindAllStringSubmatch([]string{plain, resilient}[i], -1) {
			got[m[1]] = m[2]
		}
		if !maps.Equal(got, want) {
			t.Errorf("documented %v\ntested %v", got, want)
		}
	}
}

// differences are the rows of the table: rule and class, to the scopes in which they differ.
type differences struct {
	rows map[string][]string
}

func (d *differences) judge(t *testing.T, scope, rule, class string, got map[string]string, expected ...map[string]string) {
	t.Helper()
	why := ""
	for _, m := range expected {
		if reason, ok := m[rule]; ok {
			why = reason
		}
	}
	switch differs := got[class] != got["browser"]; {
	case differs && why == "":
		t.Errorf("%s:\n got  %s\n want %s", class, got[class], got["browser"])
	case !differs && why != "":
		t.Errorf("%s does not differ any more (%s)", class, why)
	case differs:
		key := rule + "\t" + class + "\t" + why
		d.rows[key] = append(d.rows[key], scope)
	}
}

func (d *differences) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	keys := make([]string, 0, len(d.rows))
	for key := range d.rows {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(w, "%s\t%s\n", key, strings.Join(d.rows[key], ", "))
	}
	_ = w.Flush()
	return b.String()
}
