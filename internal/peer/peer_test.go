package peer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

var (
	client = netip.MustParseAddrPort("127.0.0.1:50000")
	server = netip.MustParseAddrPort("127.0.0.1:8888")
)

// TestLookupsTakeATenthOfACore: beyond the budget programs are unknown, and known again when time has passed.
func TestLookupsTakeATenthOfACore(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFinder(func(_, _ netip.AddrPort) record.Program {
		now = now.Add(time.Second) // what a lookup costs
		return record.Program{PID: 1, Name: "x"}
	}, func() time.Time { return now })
	known := 0
	for range 100 {
		if f.Program(client, server) != (record.Program{}) {
			known++
		}
	}
	if known != 3 {
		t.Errorf("%d lookups of a second each, want 3: two from the burst, one from what those gave", known)
	}
	now = now.Add(20 * time.Second)
	if f.Program(client, server) == (record.Program{}) {
		t.Error("there is time again, and no program is known")
	}
}

// TestOtherMachinesAreNotAsked: a client elsewhere has no process here, whatever the tables say.
func TestOtherMachinesAreNotAsked(t *testing.T) {
	asked := 0
	f := newFinder(func(_, _ netip.AddrPort) record.Program { asked++; return record.Program{} }, time.Now)
	for from, want := range map[string]int{"192.168.1.9:50000": 0, "[2001:db8::1]:50000": 0, "127.0.0.1:50000": 1, "[::ffff:127.0.0.1]:50000": 1, "[::1]:50000": 1, "192.168.1.2:50000": 1} {
		asked = 0
		f.Program(netip.MustParseAddrPort(from), netip.MustParseAddrPort("192.168.1.2:8888"))
		if asked != want {
			t.Errorf("%s: asked %d times, want %d", from, asked, want)
		}
	}
}
