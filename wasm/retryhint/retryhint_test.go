// These tests prove that clients read the hints of servers, and that a Spreader spreads evenly.
package retryhint_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/retryhint"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func TestAClientReadsTheHintOfAServer(t *testing.T) {
	for _, test := range []struct {
		reason string
		code   tether.Code
		stop   bool
		after  time.Duration
	}{
		{retryhint.After(1500 * time.Millisecond), 1012, false, 1500 * time.Millisecond},
		{retryhint.After(0), 1001, false, 0},
		{retryhint.After(-time.Hour), 1001, false, 0},
		{retryhint.After(1 << 62), 1013, false, retryhint.Longest},
		{retryhint.After(time.Second), 4001, false, time.Second},
		{retryhint.Stop(), 1012, true, 0},
		{retryhint.Reconnect(), 1000, false, 0},
	} {
		d := tether.DefaultDecide(tether.CloseInfo{Code: test.code, Reason: test.reason, Clean: true, Opened: true})
		if d.Stop != test.stop || d.After != test.after || !strings.HasPrefix(d.Rule, "retry hint") {
			t.Errorf("%d %s: %+v", test.code, test.reason, d)
		}
		if len(test.reason) > 123 {
			t.Errorf("%s does not fit into a close frame", test.reason)
		}
	}
}

func TestASpreadIsEvenForAnyNumberOfClients(t *testing.T) {
	const window = 10 * time.Second
	for _, n := range []int{2, 3, 10, 101, 5000} {
		d := retryhint.Spread(window)
		var places []int
		for range n {
			digits := strings.TrimSuffix(strings.TrimPrefix(d.Next(), `{"retry":`), "}")
			place, err := strconv.Atoi(digits)
			if err != nil || place < 0 || place >= int(window.Milliseconds()) {
				t.Fatal(place, err)
			}
			places = append(places, place)
		}
		slices.Sort(places)
		even, widest := int(window.Milliseconds())/n, places[0]+int(window.Milliseconds())-places[n-1]
		for i := 1; i < n; i++ {
			widest = max(widest, places[i]-places[i-1])
		}
		if widest > 3*even+1 {
			t.Errorf("%d clients: no client comes for %d ms, evenly it would be %d", n, widest, even)
		}
	}
}
