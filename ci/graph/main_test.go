package main

import (
	"os"
	"strings"
	"testing"
)

// TestNoImportRunsUp: over the whole repository. Every room of the table is there.
func TestNoImportRunsUp(t *testing.T) {
	edges, err := load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range violations(edges, floors) {
		t.Error(v)
	}
	for _, rooms := range floors {
		for _, room := range rooms {
			if _, err := os.Stat("../../" + room); err != nil {
				t.Errorf("the table has a room that is gone: %v", err)
			}
		}
	}
}

// TestAnUpwardImportIsReported: as is one to a neighbour and a package without a room; one down or within a room is not.
func TestAnUpwardImportIsReported(t *testing.T) {
	table := [][]string{{"a", "b"}, {"c", "a/upper"}}
	for e, want := range map[edge]string{
		{"c", "a"}:         "",
		{"a/x", "a"}:       "",
		{"a/upper/x", "a"}: "",
		{"a", "c"}:         "imports run down",
		{"a", "b"}:         "imports run down",
		{"a/x", "a/upper"}: "imports run down",
		{"d", ""}:          "is in no room",
	} {
		if got := strings.Join(violations([]edge{e}, table), "; "); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%v: %q, want %q", e, got, want)
		}
	}
}
