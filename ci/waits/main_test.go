package main

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryWaitOfATestHasADeadline: over the whole repository, but for the waits that allow.go explains.
func TestEveryWaitOfATestHasADeadline(t *testing.T) {
	found, err := search("../..")
	if err != nil {
		t.Fatal(err)
	}
	left, unused := sift(found, allowed)
	for _, problem := range slices.Concat(left, unused) {
		t.Error(problem)
	}
}

// TestWaitsAreFound: in testdata/waits, exactly the lines that say so.
func TestWaitsAreFound(t *testing.T) {
	f, err := os.Open("testdata/waits/some_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var want, got []int
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.HasSuffix(lines.Text(), "// want") {
			want = append(want, n)
		}
	}
	found, err := search("testdata/waits")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range found {
		got = append(got, w.line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("waits on the lines %v, want %v:\n%v", got, want, found)
	}
}

// TestTheAllowListHasNothingTooMuch: an entry that no wait needs is reported, and a wait that no entry explains.
func TestTheAllowListHasNothingTooMuch(t *testing.T) {
	found := []wait{{"a_test.go", 3, "TestA", "<-ch"}, {"a_test.go", 4, "TestA", "<-other"}}
	left, unused := sift(found, map[string]string{"a_test.go TestA: <-ch": "why", "a_test.go TestB: <-ch": "why"})
	if len(left) != 1 || !strings.Contains(left[0], "a_test.go:4") || len(unused) != 1 || !strings.Contains(unused[0], "TestB") {
		t.Errorf("left %q, unused %q", left, unused)
	}
}
