// These tests prove that a client can say, at any time and in words, how it came to where it is.
package tether

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestExplainGivesTheHistory(t *testing.T) {
	n := &fakeNet{}
	opts := []Option{WithBackoff(Backoff{Base: time.Second, Max: time.Second})}
	bubble(t, n, opts, func(t *testing.T, c *Client[string, string]) {
		n.last().drop(CloseInfo{Code: CodeServiceRestart, Reason: "deploy"})
		pass(time.Millisecond)
		e := c.Explain()
		if e.State != StateWaiting || e.Next.Sub(e.Since) < 5*time.Second || len(e.Steps) != 3 {
			t.Fatalf("%+v", e)
		}
		pass(time.Minute)
		n.last().drop(CloseInfo{Code: 4001, Reason: "token\nexpired"})
		pass(time.Millisecond)
		var lines []string
		for _, s := range c.Explain().Steps {
			line := s.String()
			if before, after, cut := strings.Cut(line, " in "); cut {
				line = before + after[strings.Index(after, " ("):] // the delay is drawn
			}
			lines = append(lines, line)
		}
		want := `Idle → Connecting: Run was called
Connecting → Open: the connection is open
Open → Waiting: the connection or attempt ended: connection closed: 1012 "deploy"; attempt 2 (1012: service restart)
Waiting → Connecting: the wait is over: connection closed: 1012 "deploy"
Connecting → Open: the connection is open
Open → Closed: the connection or attempt ended: connection closed: 4001 "token\x0aexpired" (4000–4099: refused by the application)`
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
		if all := c.Explain().String(); !strings.HasPrefix(all, "Closed\n") || strings.Count(all, "\n") != 7 {
			t.Error(all)
		}
	})
}

func TestExplainIsBounded(t *testing.T) {
	bubble(t, &fakeNet{refuse: true}, nil, func(t *testing.T, c *Client[string, string]) {
		pass(24 * time.Hour)
		e := c.Explain()
		if len(e.Steps) != maxSteps || e.Steps[maxSteps-1].New != e.State {
			t.Errorf("%d steps", len(e.Steps))
		}
		for i := 1; i < len(e.Steps); i++ {
			if e.Steps[i].Old != e.Steps[i-1].New {
				t.Fatal("the steps are not in order", fmt.Sprint(e))
			}
		}
	})
}

func TestEveryTriggerHasWords(t *testing.T) {
	for k, words := range triggers {
		if words == "" {
			t.Errorf("event %d has none", k)
		}
	}
}
