package cluster

import (
	"testing"
	"time"
)

// TestAccounts: what is lost, announced, doubled and reordered is distinguished, and what no node has accepted is not counted as lost.
func TestAccounts(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1e9+int64(seconds), 0) }
	begin := func() (*ledger, *receipt, *receipt) {
		l := newLedger(2)
		sender, receiver := l.connect(at(0)), l.connect(at(0))
		for n := 1; n <= 4; n++ {
			l.send("s", at(100*n))
			l.receive(sender, "s", n, true, at(100*n+1))
		}
		return l, sender, receiver
	}
	for name, c := range map[string]struct {
		what                                 func(l *ledger, r *receipt)
		announced, silent, doubled, reordred int
	}{
		"all arrive": {func(l *ledger, r *receipt) {
			for n := 1; n <= 4; n++ {
				l.receive(r, "s", n, false, at(100*n+2))
			}
		}, 0, 0, 0, 0},
		"one is skipped and the last does not come": {func(l *ledger, r *receipt) {
			for _, n := range []int{1, 3} {
				l.receive(r, "s", n, false, at(100*n+2))
			}
		}, 0, 2, 0, 0},
		"a gap covers one of two": {func(l *ledger, r *receipt) {
			l.receive(r, "s", 1, false, at(102))
			l.receive(r, "s", 4, false, at(402))
			l.gap(r, notice{at(403), at(199), at(250)})
		}, 1, 1, 0, 0},
		"a gap that lasts covers what comes": {func(l *ledger, r *receipt) {
			l.receive(r, "s", 1, false, at(102))
			l.gap(r, notice{came: at(150), since: at(140)})
			l.gap(r, notice{came: at(500), since: at(140)})
		}, 3, 0, 0, 0},
		"one comes twice and one late": {func(l *ledger, r *receipt) {
			for _, n := range []int{1, 1, 3, 2, 4} {
				l.receive(r, "s", n, false, at(450))
			}
		}, 0, 0, 1, 1},
		"a lost connection is a notice of what would have come after": {func(l *ledger, r *receipt) {
			l.receive(r, "s", 1, false, at(102))
			r.ended = true
		}, 0, 0, 0, 0},
		"what was not acknowledged is not lost": {func(l *ledger, r *receipt) {
			for n := 1; n <= 4; n++ {
				l.receive(r, "s", n, false, at(100*n+2))
			}
			l.send("s", at(600))
		}, 0, 0, 0, 0},
	} {
		l, _, r := begin()
		c.what(l, r)
		if a := l.sum(); a.Announced != c.announced || a.Silent != c.silent || a.Doubled != c.doubled || a.Reordered != c.reordred {
			t.Errorf("%s: %v", name, a)
		}
	}
	l, _, _ := begin()
	late := l.connect(at(250))
	l.receive(late, "s", 3, false, at(302))
	l.receive(late, "s", 4, false, at(402))
	if a := l.sum(); a.Silent != 4 { // those of the receiver of begin, and none that was sent before this one was there
		t.Errorf("who comes later: %v", a)
	}
}
