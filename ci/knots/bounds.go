package main

import "fmt"

// bound is the number of files that the largest part of a package may have.
type bound struct {
	pkg  string
	most int // 0 is the aim: a third of the package's files
}

// bounds go down only; all are at the aim.
var bounds = []bound{
	{"./panel/model", 0},
	{"./panel", 0},
	{"./panel/controller", 0},
	{"./wasm/tether", 0},
	{"./internal/tap", 0},
	{"./internal/tap/fault", 0},
}

// check says how a package breaks the bound that it is held to, or "".
func check(g *graph, bounds []bound) string {
	for _, b := range bounds {
		if b.pkg != g.pkg {
			continue
		}
		most := b.most
		if most == 0 {
			most = len(g.files) / 3
		}
		if n := g.largest(); n > most {
			return fmt.Sprintf("%s: %d files need each other in a circle, at most %d may", g.pkg, n, most)
		}
	}
	return ""
}
