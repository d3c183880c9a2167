package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// edge is an import between two packages of the module, by their folders.
type edge struct{ from, to string }

// load lists the imports of every package below dir, of both builds. An edge without a target names a package that
// imports nothing of the module.
func load(dir string) ([]edge, error) {
	const format = `{{with .Module}}{{.Path}}{{end}} {{.ImportPath}} {{join .Imports " "}}`
	found := map[edge]bool{}
	for _, env := range [][]string{{"GOOS=linux", "GOARCH=amd64"}, {"GOOS=js", "GOARCH=wasm"}} {
		cmd := exec.Command("go", "list", "-e", "-f", format, "./...")
		cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			fields := strings.Fields(line)
			module, from := fields[0], fields[1]
			found[edge{from: folder(module, from)}] = true
			for _, to := range fields[2:] {
				if to == module || strings.HasPrefix(to, module+"/") {
					found[edge{folder(module, from), folder(module, to)}] = true
				}
			}
		}
	}
	var edges []edge
	for e := range found {
		edges = append(edges, e)
	}
	slices.SortFunc(edges, func(a, b edge) int { return strings.Compare(a.from+" "+a.to, b.from+" "+b.to) })
	return edges, nil
}

// folder is a package's folder in the module, "." for the root.
func folder(module, importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// roomOf is the room that a package belongs to and its floor: the longest name of the table that the package is in.
func roomOf(pkg string, floors [][]string) (room string, floor int) {
	for i, rooms := range floors {
		for _, r := range rooms {
			if (pkg == r || strings.HasPrefix(pkg, r+"/")) && len(r) > len(room) {
				room, floor = r, i
			}
		}
	}
	return room, floor
}

// violations are the imports that do not run down, and the packages without a room.
func violations(edges []edge, floors [][]string) (broken []string) {
	for _, e := range edges {
		room, floor := roomOf(e.from, floors)
		if e.to == "" {
			if room == "" {
				broken = append(broken, fmt.Sprintf("%s is in no room: name it in ci/graph/floors.go", e.from))
			}
			continue
		}
		if below, on := roomOf(e.to, floors); below != room && on >= floor {
			broken = append(broken, fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports run down", e.from, floor, e.to, on))
		}
	}
	return broken
}

// drawing is a line for each room, the top floor first: the rooms that it imports.
func drawing(edges []edge, floors [][]string) string {
	imports := map[string][]string{}
	for _, e := range edges {
		from, _ := roomOf(e.from, floors)
		if to, _ := roomOf(e.to, floors); e.to != "" && to != from && !slices.Contains(imports[from], to) {
			imports[from] = append(imports[from], to)
		}
	}
	var b strings.Builder
	for floor, rooms := range slices.Backward(floors) {
		for _, room := range rooms {
			slices.Sort(imports[room])
			fmt.Fprintf(&b, "%d  %-24s %s\n", floor, room, strings.Join(imports[room], " "))
		}
	}
	return b.String()
}
