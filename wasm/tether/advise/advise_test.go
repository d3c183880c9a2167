// These tests prove that what a server advises is what a client reads, and that a drain spreads evenly.
package advise_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether"
	"github.com/tetherscope/tetherscope/wasm/tether/advise"
)

func TestAClientReadsWhatAServerAdvises(t *testing.T) {
	for _, test := range []struct {
		reason string
		code   tether.Code
		stop   bool
		after  time.Duration
	}{
		{advise.Retry(1500 * time.Millisecond), 1012, false, 1500 * time.Millisecond},
		{advise.Retry(0), 1001, false, 0},
		{advise.Retry(-time.Hour), 1001, false, 0},
		{advise.Retry(1 << 62), 1013, false, advise.Longest},
		{advise.Retry(time.Second), 4001, false, time.Second},
		{advise.Stop(), 1012, true, 0},
		{advise.Reconnect(), 1000, false, 0},
	} {
		d := tether.DefaultDecide(tether.CloseInfo{Code: test.code, Reason: test.reason, Clean: true, Opened: true})
		if d.Stop != test.stop || d.After != test.after || !strings.HasPrefix(d.Rule, "server advice") {
			t.Errorf("%d %s: %+v", test.code, test.reason, d)
		}
		if len(test.reason) > 123 {
			t.Errorf("%s does not fit into a close frame", test.reason)
		}
	}
}

func TestADrainIsEvenHoweverManyAsk(t *testing.T) {
	const window = 10 * time.Second
	for _, n := range []int{2, 3, 10, 101, 5000} {
		d := advise.Drain(window)
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
			t.Errorf("%d clients: nobody comes for %d ms, evenly it would be %d", n, widest, even)
		}
	}
}
