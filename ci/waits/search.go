package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// wait is a place in a test that may block without limit, or that sleeps.
type wait struct {
	file     string
	line     int
	function string // the declared function that it is in
	text     string // its source
}

func (w wait) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", w.file, w.line, w.function, w.text)
}

// key is how the allow list names a wait: it does not change with the lines around it.
func (w wait) key() string { return w.file + " " + w.function + ": " + w.text }

// search lists the waits of all test files below dir.
func search(dir string) ([]wait, error) {
	folders := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != dir && slices.Contains([]string{".git", "bin", "dist", "node_modules", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, "_test.go") {
			folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []wait
	for _, files := range folders {
		p := &pkg{fset: token.NewFileSet(), buffered: map[string]bool{}, names: map[*ast.File]string{}, timers: map[string]bool{}, bubbles: map[string]bool{}, apart: map[ast.Node]bool{}}
		for _, path := range files {
			f, err := parser.ParseFile(p.fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.files = append(p.files, f)
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return nil, err
			}
			p.names[f] = filepath.ToSlash(name)
		}
		found = append(found, p.waits()...)
	}
	slices.SortFunc(found, func(a, b wait) int {
		if a.file != b.file {
			return strings.Compare(a.file, b.file)
		}
		return a.line - b.line
	})
	return found, nil
}

// sift parts the waits that are not allowed from the entries of the list that no wait needs.
func sift(found []wait, allowed map[string]string) (left, unused []string) {
	used := map[string]bool{}
	for _, w := range found {
		if _, ok := allowed[w.key()]; ok {
			used[w.key()] = true
			continue
		}
		left = append(left, w.String()+" has no deadline: use internal/test/await")
	}
	for key := range allowed {
		if !used[key] {
			unused = append(unused, "no wait needs this entry of allow.go: "+key)
		}
	}
	slices.Sort(unused)
	return left, unused
}

// pkg is the test files of a folder.
type pkg struct {
	fset     *token.FileSet
	files    []*ast.File
	names    map[*ast.File]string // relative to where the search began
	buffered map[string]bool      // names of channels that are made with room, wherever the folder's tests make one of the name
	timers   map[string]bool      // names of what time.After returned
	bubbles  map[string]bool      // functions that run what they are given in a bubble
	apart    map[ast.Node]bool    // function literals and declarations that do not run on a test's goroutine outside of bubbles
}

func (p *pkg) waits() (found []wait) {
	p.findChannels()
	p.findBubbles()
	p.partLiterals()
	p.partFunctions()
	for _, f := range p.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || p.apart[fn] {
				continue
			}
			for _, n := range p.below(fn.Body) {
				at := p.fset.Position(n.Pos())
				found = append(found, wait{p.names[f], at.Line, fn.Name.Name, p.source(n)})
			}
		}
	}
	return found
}

// below are the waits below a node, except in what runs apart.
func (p *pkg) below(root ast.Node) (found []ast.Node) {
	var path []ast.Node // from the root to the node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if p.apart[n] {
			return false
		}
		if comm, ok := n.(*ast.CommClause); ok {
			// The communication itself belongs to the select, which was looked at.
			for _, s := range comm.Body {
				found = append(found, p.below(s)...)
			}
			return false
		}
		if p.isWait(n, path) {
			found = append(found, n)
		}
		path = append(path, n)
		return true
	})
	return found
}

// isWait says whether a node is a wait without a deadline. Path is what it is in.
func (p *pkg) isWait(n ast.Node, path []ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectStmt:
		return !p.bounded(n)
	case *ast.UnaryExpr:
		// A handler or callback that waits for its context ends with the server or the client.
		return n.Op == token.ARROW && (!within[*ast.FuncLit](path) || !isDone(n.X))
	case *ast.SendStmt:
		return !p.buffered[last(n.Chan)]
	case *ast.CallExpr:
		name := called(n)
		if name == "time.Sleep" {
			return !p.polls(path)
		}
		return strings.HasSuffix(name, ".Wait") && name != "synctest.Wait" && len(n.Args) == 0
	}
	return false
}

// within says whether one of the nodes is a T.
func within[T ast.Node](path []ast.Node) bool {
	return slices.ContainsFunc(path, func(n ast.Node) bool { _, is := n.(T); return is })
}

// polls says whether one of the nodes is a loop that ends: after a number of turns, at a time, or with a context.
func (p *pkg) polls(path []ast.Node) bool {
	for _, n := range path {
		switch loop := n.(type) {
		case *ast.RangeStmt:
			if _, counted := loop.X.(*ast.BasicLit); counted {
				return true
			}
		case *ast.ForStmt:
			for _, end := range []string{".Before(", ".After(", "time.Since(", ".Err()"} {
				if strings.Contains(p.text(loop), end) {
					return true
				}
			}
		}
	}
	return false
}

// findChannels collects the names of channels that are made with room and never without, and of timers' channels.
func (p *pkg) findChannels() {
	bare := map[string]bool{}
	note := func(to, from ast.Expr) {
		call, ok := from.(*ast.CallExpr)
		if ok && called(call) == "time.After" {
			p.timers[last(to)] = true
		}
		if !ok || called(call) != "make" {
			return
		}
		if _, ok := call.Args[0].(*ast.ChanType); !ok {
			return
		}
		p.buffered[last(to)] = true
		bare[last(to)] = bare[last(to)] || len(call.Args) == 1
	}
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i := range min(len(n.Lhs), len(n.Rhs)) {
					note(n.Lhs[i], n.Rhs[i])
				}
			case *ast.KeyValueExpr:
				note(n.Key, n.Value)
			}
			return true
		})
	}
	for name := range bare {
		p.buffered[name] = p.buffered[name] && !bare[name]
	}
}

// last is the name at the end of an expression: c of c and of x.c.
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// isDone says whether an expression is the end of a context.
func isDone(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && last(call.Fun) == "Done"
}

// bounded says whether a select has a clause that comes by itself: a default, a timer, the end of a context.
func (p *pkg) bounded(s *ast.SelectStmt) bool {
	for _, c := range s.Body.List {
		comm := c.(*ast.CommClause).Comm
		if comm == nil {
			return true
		}
		timed := false
		ast.Inspect(comm, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				timed = timed || called(n) == "time.After" || isDone(n)
			case *ast.SelectorExpr:
				timed = timed || n.Sel.Name == "C"
			case *ast.Ident:
				timed = timed || p.timers[n.Name]
			}
			return true
		})
		if timed {
			return true
		}
	}
	return false
}

// partLiterals finds the function literals that run in a bubble or on a goroutine of their own.
func (p *pkg) partLiterals() {
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				p.apart[n.Call.Fun] = true
			case *ast.CallExpr:
				if p.startsApart(called(n)) {
					for _, a := range n.Args {
						p.apart[a] = true
					}
				}
			}
			return true
		})
	}
}

// startsApart says whether a call runs its arguments in a bubble, on another goroutine, or with a deadline.
func (p *pkg) startsApart(name string) bool {
	if name == "synctest.Test" || name == "await.Return" || p.bubbles[name] {
		return true
	}
	_, method, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"Go", "AfterFunc", "HandlerFunc", "HandleFunc"}, method)
}

// findBubbles collects the functions that call synctest.Test for their callers.
func (p *pkg) findBubbles() {
	for _, f := range p.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && !isRoot(fn.Name.Name) && strings.Contains(p.text(fn.Body), "synctest.Test(") {
				p.bubbles[fn.Name.Name] = true
			}
		}
	}
}

// partFunctions finds the functions that are mentioned only where things run apart. It begins with all and takes out
// those that are mentioned elsewhere until none is left to take out.
func (p *pkg) partFunctions() {
	byName := map[string][]*ast.FuncDecl{}
	for _, f := range p.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && !isRoot(fn.Name.Name) {
				byName[fn.Name.Name] = append(byName[fn.Name.Name], fn)
				p.apart[fn] = true
			}
		}
	}
	mentioned := map[string]bool{}
	for again := true; again; {
		again = false
		for _, f := range p.files {
			p.mentions(f, func(name string, onTest bool) {
				mentioned[name] = true
				for _, fn := range byName[name] {
					if onTest && p.apart[fn] {
						p.apart[fn] = false
						again = true
					}
				}
			})
		}
	}
	for name, fns := range byName {
		for _, fn := range fns {
			p.apart[fn] = p.apart[fn] && mentioned[name]
		}
	}
}

// mentions calls each for every name in a file, with whether it is mentioned on a test's goroutine.
func (p *pkg) mentions(f *ast.File, each func(name string, onTest bool)) {
	for _, d := range f.Decls {
		fn, isFunc := d.(*ast.FuncDecl)
		var below func(n ast.Node, onTest bool)
		below = func(n ast.Node, onTest bool) {
			ast.Inspect(n, func(n ast.Node) bool {
				if n == nil {
					return false
				}
				if e, ok := n.(ast.Expr); ok && onTest && p.apart[e] {
					below(e, false)
					return false
				}
				if id, ok := n.(*ast.Ident); ok {
					each(id.Name, onTest)
				}
				return true
			})
		}
		switch {
		case !isFunc:
			below(d, true)
		case fn.Body != nil:
			below(fn.Body, !p.apart[fn])
		}
	}
}

// isRoot says whether the go command calls a function.
func isRoot(name string) bool {
	for _, prefix := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// called is the name of a called function: f, or x.f.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	}
	return ""
}

// source is the first line of a node.
func (p *pkg) source(n ast.Node) string {
	line, _, _ := strings.Cut(p.text(n), "\n")
	return strings.TrimSuffix(line, " {")
}

// text is a node as source.
func (p *pkg) text(n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, p.fset, n); err != nil {
		return err.Error()
	}
	return b.String()
}
