package faults

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests at once than there are processors: they wait for faults and for time, and hardly compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
