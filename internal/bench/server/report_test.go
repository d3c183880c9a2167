package main

import "testing"

// TestVerdictsInsideTheNoiseAreNoise proves that a ratio is called reached or not only where it is further from its aim than equal servers were
// from each other.
func TestVerdictsInsideTheNoiseAreNoise(t *testing.T) {
	for _, c := range []struct {
		got, least float64
		noise      []float64
		want       string
	}{
		{1.26, 0.95, []float64{1.09, 5.56, 2}, "noise"},
		{1.26, 0.95, []float64{0.98, 1.02}, "reached"},
		{0.65, 0.85, []float64{0.98, 1.02}, "NOT reached"},
		{0.65, 0.85, []float64{0.70, 1.02}, "noise"},
		{0.65, 0.85, []float64{1}, "noise"},
		{0.95, 0.95, []float64{1, 1}, "noise"},
	} {
		if got := verdict(c.got, c.least, c.noise); got != c.want {
			t.Errorf("%v of at least %v beside %v is %q, want %q", c.got, c.least, c.noise, got, c.want)
		}
	}
}

// TestLessMemoryThanBeforeIsUnknown: a proxy whose memory shrank beside its tunnels does not get a negative figure.
func TestLessMemoryThanBeforeIsUnknown(t *testing.T) {
	for bytes, want := range map[float64]string{124006: "121.1", 0: "unknown", -62771: "unknown"} {
		if got := kibEach(bytes); got != want {
			t.Errorf("%.0f: %s, want %s", bytes, got, want)
		}
	}
}
