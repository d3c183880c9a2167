//go:build !js

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/npm"
)

// TestTypesNameWhatIsThere: tether.d.ts declares the exports of tether.mjs and the members of its class, no more, no less.
func TestTypesNameWhatIsThere(t *testing.T) {
	source, err := os.ReadFile(static + "/tether.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	declared := names(regexp.MustCompile(`(?m)^export (?:class|function|const) (\w+)`), string(source))
	_, class, _ := strings.Cut(string(source), "export class TetherSocket")
	members := names(regexp.MustCompile(`(?m)^  (?:static )?(?:readonly )?(\[?[\w.]+\]?)[?(:<]`), class)
	p := newSite(t).page(t)
	exported := run[[]string](t, p, "return Object.keys(await import('/tether.mjs')).sort();")
	if !slices.Equal(declared, exported) {
		t.Errorf("tether.d.ts declares %q, tether.mjs exports %q", declared, exported)
	}
	present := run[[]string](t, p, `
		const own = Reflect.ownKeys(TetherSocket.prototype).filter((key) => key !== Symbol.toStringTag);
		return own.map((key) => typeof key === 'symbol' ? '[' + (key.description ?? '') + ']' : key).concat('addEventListener').sort();`)
	slices.Sort(present)
	if !slices.Equal(members, present) {
		t.Errorf("tether.d.ts declares the members %q, the class has %q", members, present)
	}
}

// names returns what the first group matches, sorted, each once.
func names(re *regexp.Regexp, in string) []string {
	var out []string
	for _, m := range re.FindAllStringSubmatch(in, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestTypesCompile: tether.d.ts compiles with tsc --strict, and so do a page that uses it, one that uses the types generated
// from Go, and the documents'.
func TestTypesCompile(t *testing.T) {
	dir := npm.Install(t, "testdata/types")
	args := []string{
		"--strict", "--noEmit", "--exactOptionalPropertyTypes",
		"--target", "esnext", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable", "testdata/types/use.ts", "testdata/types/chat.ts",
	}
	tsc := exec.CommandContext(t.Context(), filepath.Join(dir, "node_modules/.bin/tsc"), append(args, documentedTypes(t)...)...)
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}
