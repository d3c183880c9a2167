package scopetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope"
)

// listed is how many records the message of a failed wait lists.
const listed = 10

// WaitSent returns the first frame or event of the client's side that a query of the filter language finds: of the capture, else of what
// is to come. When none comes, the test fails at once and lists what was sent.
func (p *Tap) WaitSent(query string) scope.Event {
	p.t.Helper()
	return p.wait("sent", "dir:out", query)
}

// WaitReceived is [Tap.WaitSent] for what the server sends.
func (p *Tap) WaitReceived(query string) scope.Event {
	p.t.Helper()
	return p.wait("received", "dir:in", query)
}

// Sent returns what was captured of the client's side until now and a query finds; an empty one finds all.
func (p *Tap) Sent(query string) []scope.Event {
	p.t.Helper()
	return p.captured("dir:out", query)
}

// Received returns what was captured of the server's side until now and a query finds; an empty one finds all.
func (p *Tap) Received(query string) []scope.Event {
	p.t.Helper()
	return p.captured("dir:in", query)
}

// SetRules replaces the fault rules, for connections that are open, too. An empty text removes them. A rule that cannot be read fails the
// test at once.
func (p *Tap) SetRules(rules string) {
	p.t.Helper()
	if _, err := p.Client.SetRules(p.t.Context(), rules); err != nil {
		p.t.Fatalf("scopetest: %v", err)
	}
}

// NoViolations fails the test for each handshake, frame and stream that was captured until now and violates RFC 6455 or RFC 7692, and
// when nothing was captured, because nothing was checked then.
func (p *Tap) NoViolations() {
	p.t.Helper()
	all, err := p.Client.Captured(p.t.Context(), "")
	if err != nil {
		p.t.Fatalf("scopetest: %v", err)
	}
	if len(all) == 0 {
		p.t.Error("scopetest: nothing was captured, so nothing was checked: is the connection made to the URL of the tap?")
	}
	for _, problem := range violations(all) {
		p.t.Errorf("scopetest: %s", problem)
	}
}

// violations lists what is wrong with records.
func violations(all []scope.Event) (list []string) {
	requests := map[uint32][]byte{}
	for _, e := range all {
		switch e.Kind {
		case "request":
			requests[e.Conn] = e.Head
		case "response":
			for _, problem := range frame.ParseHandshake(requests[e.Conn], e.Head).Problems {
				list = append(list, fmt.Sprintf("record %d, connection %d, handshake: %s", e.Seq, e.Conn, problem))
			}
		case "broken":
			if e.By != "" { // else bytes are missing, which violates no rule
				list = append(list, fmt.Sprintf("record %d, connection %d: cannot be decoded: %s", e.Seq, e.Conn, e.Reason))
			}
		}
		for _, name := range e.Violations {
			list = append(list, fmt.Sprintf("record %d, connection %d, %s to %s: %s", e.Seq, e.Conn, e.Op, e.To, name))
		}
	}
	return list
}

func both(direction, query string) string {
	if query == "" {
		return direction
	}
	return direction + " (" + query + ")"
}

func (p *Tap) captured(direction, query string) []scope.Event {
	p.t.Helper()
	list, err := p.Client.Captured(p.t.Context(), both(direction, query))
	if err != nil {
		p.t.Fatalf("scopetest: %v", err)
	}
	return list
}

func (p *Tap) wait(verb, direction, query string) scope.Event {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), p.patience)
	defer cancel()
	for e, err := range p.Client.Watch(ctx, both(direction, query)) {
		switch {
		case err != nil:
			p.t.Fatalf("scopetest: %v", err)
		case e.Kind != scope.Gap:
			return e
		}
	}
	p.t.Fatalf("scopetest: nothing that matches %s was %s within %v; %s", query, verb, p.patience, summary(p.captured(direction, ""), verb))
	return scope.Event{}
}

// summary lists the last of what was captured.
func summary(all []scope.Event, verb string) string {
	if len(all) == 0 {
		return "nothing was " + verb + " at all: is the connection made to the URL of the tap?"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d records were %s, the last of them:", len(all), verb)
	for _, e := range all[max(0, len(all)-listed):] {
		text := e.Message
		if text == nil {
			text = e.Payload
		}
		fmt.Fprintf(&b, "\n  %s %q", strings.TrimSpace(e.Kind+" "+e.Op), text[:min(len(text), 200)])
	}
	return b.String()
}

var unfit = regexp.MustCompile(`[^\w.-]+`)

// keep copies the capture of a failed test to where it outlives the test, and says where.
func keep(t testing.TB, capture, folder string) {
	if folder == "" {
		folder = artifacts(t)
	}
	content, err := os.ReadFile(capture)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	name := filepath.Join(folder, unfit.ReplaceAllString(t.Name(), "-")+".tscap")
	if err == nil {
		err = os.WriteFile(name, content, 0o600)
	}
	if err != nil {
		t.Logf("scopetest: the capture is lost: %v", err)
		return
	}
	t.Logf("scopetest: what passed: tetherscope show %s", name)
}
