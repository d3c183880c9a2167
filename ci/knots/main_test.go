package main

import (
	"reflect"
	"testing"
)

// TestNoPackageIsMoreOfAKnotThanItsBound: the packages of the table, as they stand in the repository.
func TestNoPackageIsMoreOfAKnotThanItsBound(t *testing.T) {
	var patterns []string
	for _, b := range bounds {
		patterns = append(patterns, b.pkg)
	}
	graphs, err := load("../..", patterns)
	if err != nil {
		t.Fatal(err)
	}
	if len(graphs) != len(bounds) {
		t.Errorf("%d packages of %d were found: correct the names in bounds.go", len(graphs), len(bounds))
	}
	for _, g := range graphs {
		if broken := check(g, bounds); broken != "" {
			t.Errorf("%s; see the parts with: go run ./ci/knots -v %s", broken, g.pkg)
		}
		t.Log(report(g, false))
	}
}

// TestThePartsOfAPackage: of testdata/circle, where a and b call each other and a's type has its method in c.
func TestThePartsOfAPackage(t *testing.T) {
	graphs, err := load("testdata/circle", []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	got := parts(graphs[0].files, graphs[0].needs)
	want := [][]string{{"a.go", "b.go", "c.go"}, {"d.go"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the parts are %v, want %v", got, want)
	}
	byName := parts(graphs[0].files, graphs[0].byName)
	if want := [][]string{{"a.go", "b.go"}, {"c.go"}, {"d.go"}}; !reflect.DeepEqual(byName, want) {
		t.Errorf("by name the parts are %v, want %v", byName, want)
	}
}

// TestABoundIsHeld: a package may be as bad as its bound and no worse; without a bound of its own a third is the bound.
func TestABoundIsHeld(t *testing.T) {
	g := &graph{pkg: "./p", files: []string{"a", "b", "c"}, needs: edges{"a": {"b": true}, "b": {"a": true}}}
	for most, broken := range map[int]bool{0: true, 1: true, 2: false} {
		if got := check(g, []bound{{"./p", most}}); (got != "") != broken {
			t.Errorf("with a bound of %d, a part of two files is reported as %q", most, got)
		}
	}
}
