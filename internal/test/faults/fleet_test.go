package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/internal/test/faults/ledger"
)

// The tests in this file prove in Chromium, over both transports, what the native ones prove of a single client: through a
// thousand forced disconnects of each kind nothing that was acknowledged is lost, nothing comes twice or in another order,
// and no gap goes unseen. Without sessions what was under way may be lost, and then the client has reported it; with
// sessions nothing is.

// fleet is pages of clients, half of them over the bridge and half over plain syscall/js, each client beyond a link of its
// own.
type fleet struct {
	t     *testing.T
	kind  Kind
	docks []*dock
	links []*Link
	pages []*chrome.Page
}

// fleetSize is how many clients a page has. With more of them on their way at once Chromium makes connections wait.
const fleetSize = 10

// fleetLimit bounds one wait for a whole fleet: on a loaded machine slow links need long.
const fleetLimit = 3 * time.Minute

func TestChromiumFleetsLoseNothing(t *testing.T) {
	s := newSite(t, "fleet")
	for _, sessions := range []bool{false, true} {
		for _, kind := range Kinds() {
			t.Run(fmt.Sprintf("%v, sessions %v", kind, sessions), func(t *testing.T) {
				f := newFleet(t, s, kind, sessions)
				f.strikeOften(disconnects())
				f.say("stop")
				f.until("settled")
				f.balance(sessions)
			})
		}
	}
}

// disconnects is how many of a kind a fleet has to live through.
func disconnects() int {
	if testing.Short() {
		return 12
	}
	return 1000
}

func newFleet(t *testing.T, s *site, kind Kind, sessions bool) *fleet {
	f := &fleet{t: t, kind: kind}
	const bridge, plain = `<script src="/bridge.js"></script>`, ""
	scripts, size := []string{bridge, plain, bridge, plain}, fleetSize
	if testing.Short() {
		scripts, size = scripts[:2], 3
	}
	docks, addr := newDocks(t, size*len(scripts), sessions)
	f.docks = docks
	for _, script := range scripts {
		var urls []string
		for range size {
			l := Open(t, addr, kind)
			urls = append(urls, fmt.Sprintf("ws://%s/%d", l.Addr, len(f.links)))
			f.links = append(f.links, l)
		}
		f.pages = append(f.pages, f.open(s, script, environment(kind, sessions, urls)))
	}
	f.until("whole")
	return f
}

// environment is what the clients of a page are configured with.
func environment(kind Kind, sessions bool, urls []string) map[string]string {
	env := map[string]string{"URLS": strings.Join(urls, " "), "INTERVAL": "150", "TIMEOUT": "10000", "EVERY": "20"}
	if kind == BlackHole {
		env["TIMEOUT"] = "300" // nothing else shows it
	}
	if kind == Sliced {
		env["EVERY"] = "200" // each byte costs the link as much as a message elsewhere
	}
	if sessions {
		env["RESUME"] = "1"
	}
	return env
}

func (f *fleet) open(s *site, script string, env map[string]string) *chrome.Page {
	f.t.Helper()
	config, err := json.Marshal(env)
	if err != nil {
		f.t.Fatal(err)
	}
	p := chrome.Open(f.t, s.browser, s.page(script+`<script src="/wasm_exec.js"></script><script>
		const go = new Go();
		go.env = `+string(config)+`;
		WebAssembly.instantiateStreaming(fetch("/program.wasm"), go.importObject).then(({instance}) => go.run(instance));
	</script>`))
	f.t.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

// say says a word to every page.
func (f *fleet) say(word string) {
	f.t.Helper()
	for _, p := range f.pages {
		chrome.Get[bool](f.t, p, fmt.Sprintf("fleet(%q)", word))
	}
}

// until waits until a word is true of every client.
func (f *fleet) until(word string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), fleetLimit)
	defer cancel()
	for _, p := range f.pages {
		if err := p.WaitFor(ctx, fmt.Sprintf("fleet(%q)", word)); err != nil {
			f.t.Fatalf("%v; the clients: %.2000s", err, fmt.Sprintf("%+v", f.stories()))
		}
	}
}

// stories is what the clients tell, in the order of docks and links.
func (f *fleet) stories() (all []ledger.Story) {
	f.t.Helper()
	for _, p := range f.pages {
		var some []ledger.Story
		if err := json.Unmarshal([]byte(chrome.Get[string](f.t, p, `fleet("report")`)), &some); err != nil {
			f.t.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

// forced is how many disconnects of the fleet's kind there were: of black holes, only those that a heartbeat noticed.
func (f *fleet) forced() (n int) {
	f.t.Helper()
	word := "losses"
	if f.kind == BlackHole {
		word = "silences"
	}
	for _, p := range f.pages {
		n += chrome.Get[int](f.t, p, fmt.Sprintf("fleet(%q)", word))
	}
	return n
}

// strikeOften goes on until so many disconnects have been forced.
func (f *fleet) strikeOften(times int) {
	f.t.Helper()
	if !f.kind.Disconnects() {
		f.each((*Link).Strike) // once: Toxiproxy may hang when it heals a connection that ends
	}
	for f.forced() < times {
		f.say("mark")
		if !f.kind.Disconnects() {
			f.say("reconnect")
			f.until("lost")
			f.until("whole")
			continue
		}
		f.each((*Link).Strike)
		f.until("lost")
		f.each((*Link).Heal)
		f.until("whole")
	}
}

func (f *fleet) each(do func(*Link)) {
	for _, l := range f.links {
		do(l)
	}
}

// balance prints the account, and fails the test if it does not balance.
func (f *fleet) balance(sessions bool) {
	f.t.Helper()
	var up, down ledger.Balance
	var opened, resumed, lost, acknowledged, gaps int
	for i, s := range f.stories() {
		missing := f.docks[i].up.Missing(s.Sent)
		lost += len(missing)
		acknowledged += len(s.Acknowledged(missing))
		up, down = up.Plus(f.docks[i].up.Balance()), down.Plus(s.Down)
		up.Sent, down.Sent = up.Sent+s.Sent, down.Sent+f.docks[i].down.Balance().Sent
		opened, resumed, gaps = opened+s.Opened, resumed+s.Resumed, gaps+s.Gaps
		if s.Ended != "" {
			f.t.Errorf("client %d %s", i, s.Ended)
		}
	}
	f.t.Logf("%v, sessions %v: %d forced disconnects of %d clients, %d connections, %d resumed, %d gaps announced by sessions; "+
		"acknowledged and lost %d, lost and reported %d; to the server: %v; to the page: %v",
		f.kind, sessions, f.forced(), len(f.docks), opened, resumed, gaps, acknowledged, lost-acknowledged, up, down)
	if acknowledged+up.Faults()+down.Faults() != 0 {
		f.t.Error("the account does not balance")
	}
	if sessions && (lost+gaps != 0 || down.Sent != down.Arrived || up.Sent != up.Arrived) {
		f.t.Error("a session lost something")
	}
}
