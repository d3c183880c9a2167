package faults

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests at once than there are processors: they wait for faults and for time, and hardly compute. Who
// says -parallel gets what they say.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "20"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
