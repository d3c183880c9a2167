package suggest

import "testing"

func TestDistanceCountsWhatFingersDo(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"dir", "dir", 0}, {"drection", "direction", 1}, {"dri", "dir", 1}, {"frmae", "frame", 1}, {"", "abc", 3}, {"abc", "xyz", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestClosestNamesOnlyWhatIsNear(t *testing.T) {
	names := []string{"convert", "lint", "mock", "record", "replay", "send", "show"}
	for text, want := range map[string]string{
		"rceord": "record", "shwo": "show", "rec": "record", "conv": "convert", "lnit": "lint", "xyz": "", "": "", "s": "",
	} {
		if got := Closest(text, names); got != want {
			t.Errorf("closest to %q is %q, want %q", text, got, want)
		}
	}
}
