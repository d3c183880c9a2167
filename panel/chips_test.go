package panel

import "testing"

// TestChipTitles: the title of a chip says what its next press does.
func TestChipTitles(t *testing.T) {
	for _, c := range []struct {
		hidden, only bool
		want         string
	}{
		{false, false, "Show only pings"},
		{false, true, "Hide pings"},
		{true, false, "Show pings again"},
		{true, true, "Show pings again"},
	} {
		if got := chipTitle("pings", c.hidden, c.only); got != c.want {
			t.Errorf("hidden %v, only %v: %q, want %q", c.hidden, c.only, got, c.want)
		}
	}
}
