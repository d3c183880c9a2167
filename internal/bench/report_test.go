package main

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares what people look at with the file that a person has looked at.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s: %v; got\n%s", path, err, got)
	}
}

// made has the same figures for all variants but some: of plain JS the second run is a little better, and the bridge is at
// the given ratio to their mean.
func made(m mode, kind string, size int, bridge float64) *cell {
	c := newCell(m, kind, size, 1, "ws://host")
	for i := range variants {
		s := sample{perSecond: 1000, cpu: 10, p50: 0.1, p99: 1}
		switch i {
		case plain:
			s.perSecond -= 10
		case again:
			s.perSecond += 10
		case bridged:
			s = sample{1000 * bridge, 10 / bridge, 0.1 / bridge, 1}
		case coder:
			s.perSecond = 500
		}
		c.samples = append(c.samples, []sample{s})
	}
	return c
}

// TestReport: each figure has its ratio and its noise, and each aim stands below the figure that it is about with a
// verdict for every size.
func TestReport(t *testing.T) {
	var out strings.Builder
	report(&out, []*cell{
		made(pingpong, "text", 16, 1), made(pingpong, "text", 1<<20, 0.5),
		made(firehose, "binary", 128, 0.89), made(firehose, "binary", 64<<10, 0.9),
	}, options{reps: 1})
	golden(t, "report.txt", out.String())
}

func TestSizeTable(t *testing.T) {
	var out strings.Builder
	sizeTable(&out, []weight{{1000, 400, 300}, {3000, 1200, 900}, {1300, 500, 375}, {2000, 800, 600}, {1300, 500, 500}, {9000, 3000, 2000}})
	golden(t, "sizes.txt", out.String())
}

// TestEveryMeasurementIsBounded: whatever the size, it moves enough messages for quantiles, and few enough to end soon.
func TestEveryMeasurementIsBounded(t *testing.T) {
	for _, m := range modes {
		for _, size := range allSizes {
			for _, short := range []bool{false, true} {
				c := newCell(m, "text", size, amount(m, size, short), "ws://host")
				if c.N < 30 || c.N*size > 128<<20 || c.Window < 1 || c.Window > 256 || c.Window*size > 16<<20 || (c.Window > 1) != (m == pipelined) {
					t.Errorf("%s of %d bytes, short %v: %+v", m, size, short, c)
				}
			}
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for only, want := range map[string]int{"": 12, "text": 6, "firehose": 4, "pingpong,binary": 2, "text,binary": 0} {
		o := options{only: only, short: true}
		if err := o.check(""); err != nil {
			t.Errorf("-only %q: %v", only, err)
		}
		if got := len(plan(o, "ws://host")); got != want {
			t.Errorf("-only %q: %d measurements, want %d", only, got, want)
		}
	}
	o := options{only: "fast"}
	if err := o.check(""); err == nil || !strings.Contains(err.Error(), "-only fast") {
		t.Errorf("-only fast: %v", err)
	}
	for _, bad := range []string{"x", "1", "16,", "99999999999", "33554432"} {
		var o options
		if err := o.check(bad); err == nil || !strings.Contains(err.Error(), "-bytes") {
			t.Errorf("-bytes %s: %v", bad, err)
		}
	}
}
