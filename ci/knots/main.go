package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("knots: ")
	verbose := flag.Bool("v", false, "print the files of every part that has more than one")
	flag.Parse()
	patterns := flag.Args()
	if len(patterns) == 0 {
		for _, b := range bounds {
			patterns = append(patterns, b.pkg)
		}
	}
	graphs, err := load(".", patterns)
	if err != nil {
		log.Fatal(err)
	}
	over := false
	for _, g := range graphs {
		fmt.Print(report(g, *verbose))
		if broken := check(g, bounds); broken != "" {
			log.Print(broken)
			over = true
		}
	}
	if over {
		os.Exit(1)
	}
}

// report returns the line of a package and, if verbose, the lines of its parts.
func report(g *graph, verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s largest part: %2d of %2d files (aim %2d; by name alone: %d)\n", g.pkg, g.largest(), len(g.files), len(g.files)/3, largest(parts(g.files, g.byName)))
	for _, part := range parts(g.files, g.needs) {
		if verbose && len(part) > 1 {
			fmt.Fprintf(&b, "  %d: %s\n", len(part), strings.Join(part, " "))
		}
	}
	return b.String()
}
