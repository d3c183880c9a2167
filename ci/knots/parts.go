package main

import "slices"

// edges says which files a file needs.
type edges map[string]map[string]bool

func (e edges) add(from, to string) {
	if from == to {
		return
	}
	if e[from] == nil {
		e[from] = map[string]bool{}
	}
	e[from][to] = true
}

// parts returns the strongly connected components of files under e, the largest first, each sorted. It is Tarjan's
// algorithm: a file is the root of its part when it reaches none that was seen before it and is still on the stack.
func parts(files []string, e edges) [][]string {
	var (
		found [][]string
		stack []string
		index = map[string]int{} // the order in which files were first seen, from 1
		low   = map[string]int{} // the first seen of the stack that a file reaches
		visit func(file string)
	)
	visit = func(file string) {
		index[file] = len(index) + 1
		low[file] = index[file]
		stack = append(stack, file)
		for next := range e[file] {
			if index[next] == 0 {
				visit(next)
				low[file] = min(low[file], low[next])
			} else if slices.Contains(stack, next) {
				low[file] = min(low[file], index[next])
			}
		}
		if low[file] == index[file] {
			at := slices.Index(stack, file)
			found = append(found, slices.Sorted(slices.Values(stack[at:])))
			stack = stack[:at]
		}
	}
	for _, file := range files {
		if index[file] == 0 {
			visit(file)
		}
	}
	slices.SortStableFunc(found, func(a, b []string) int { return len(b) - len(a) })
	return found
}

// largest is the size of the first of the parts.
func largest(parts [][]string) int {
	if len(parts) == 0 {
		return 0
	}
	return len(parts[0])
}
