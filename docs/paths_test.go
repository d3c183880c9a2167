package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/docs"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	code    = regexp.MustCompile("`([^`\n]+)`")
	// repositoryPath is a word that can only be a path of this repository.
	repositoryPath = regexp.MustCompile(`^(?:\./)?(?:ci|docs|internal|panel|scope|static|wasm)(?:/[\w.*{},-]+)+/?$`)
	apiName        = regexp.MustCompile(`\b(tether|codec|message|scope|act|resumeserver|retryhint|inspect|msgpackcodec|jsoncodec|cborcodec|protobufcodec)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// TestLinksLead: a relative link names a file that is there, and its fragment a heading of that file.
func TestLinksLead(t *testing.T) {
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.prose(), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, fragment, _ := strings.Cut(m[1], "#")
			target := filepath.Join(root, filepath.Dir(d.name), file)
			if file == "" {
				target = filepath.Join(root, d.name)
			}
			text, err := os.ReadFile(target)
			if err != nil {
				if info, statErr := os.Stat(target); statErr != nil || !info.IsDir() {
					t.Errorf("%s links to %s: %v", d.name, m[1], err)
				}
				continue
			}
			if fragment != "" && !anchors(string(text))[fragment] {
				t.Errorf("%s links to %s: no such heading", d.name, m[1])
			}
		}
	}
}

// anchors are the fragments of a document's headings, as repository browsers make them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N}\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return found
}

// former are paths that a decision record names because they are no longer there.
var former = map[string]bool{"wasm/tether/resumeserver": true, "wasm/tether/advise": true, "wasm/tether/tell": true}

// TestPathsExist: every path of the repository that a document names is there. A pattern matches something.
func TestPathsExist(t *testing.T) {
	names := fileNames(t)
	for _, d := range documents(t) {
		for _, m := range code.FindAllStringSubmatch(d.prose(), -1) {
			for word := range strings.FieldsSeq(m[1]) {
				if sourceFile.MatchString(word) && !names[word] && !served[word] {
					t.Errorf("%s names %s: no file of the repository is called so", d.name, word)
				}
				path := strings.TrimSuffix(word, "/...")
				if !repositoryPath.MatchString(path) || strings.HasPrefix(path, "static/dist/") || former[path] {
					continue
				}
				if found, err := filepath.Glob(filepath.Join(root, path)); err != nil || len(found) == 0 {
					t.Errorf("%s names %s, which is not there", d.name, path)
				}
			}
		}
	}
}

// sourceFile is a word that can only be the name of a source file.
var sourceFile = regexp.MustCompile(`^[\w.-]+\.(?:go|m?js|css)$`)

// served are files that a build makes.
var served = map[string]bool{"tether.mjs": true, "tether-engine.mjs": true}

// fileNames returns the names of all source files, without their folders.
func fileNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "dist") {
			return fs.SkipDir
		}
		names[filepath.Base(path)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// publicPackages are where the packages stand that documents name by their last element.
var publicPackages = map[string]string{
	"tether": "wasm/tether", "codec": "wasm/codec", "message": "wasm/message", "scope": "scope", "act": "scope/act",
	"resumeserver": "wasm/resumeserver", "retryhint": "wasm/retryhint", "inspect": "wasm/tether/inspect",
	"jsoncodec": "wasm/codec/jsoncodec", "msgpackcodec": "wasm/codec/msgpackcodec", "cborcodec": "wasm/codec/cborcodec",
	"protobufcodec": "wasm/codec/protobufcodec",
}

// TestNamesExist: an exported name that a document gives, as tether.WithResume, is declared in that package.
func TestNamesExist(t *testing.T) {
	declared := map[string]map[string]bool{}
	for _, d := range documents(t) {
		for _, m := range apiName.FindAllStringSubmatch(d.text, -1) {
			if declared[m[1]] == nil {
				declared[m[1]] = exported(t, filepath.Join(root, publicPackages[m[1]]))
			}
			for _, name := range m[2:] {
				if name != "" && !declared[m[1]][name] {
					t.Errorf("%s names %s: package %s declares no %s", d.name, m[0], publicPackages[m[1]], name)
				}
			}
		}
	}
}

// exported returns the exported names that the files of a folder declare: functions, methods, types, values and fields.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = true
				return false
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.ValueSpec:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			case *ast.Field:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			}
			return true
		})
	}
	return names
}

// TestEveryDocumentIsEmbeddedAndListed: what stands in this folder is in FS, and the index links to it.
func TestEveryDocumentIsEmbeddedAndListed(t *testing.T) {
	index, err := fs.ReadFile(docs.FS, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	records, err := fs.ReadFile(docs.FS, "adr/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents(t) {
		name, inside := strings.CutPrefix(d.name, "docs/")
		if !inside || name == "README.md" {
			continue
		}
		if _, err := fs.Stat(docs.FS, name); err != nil {
			t.Error(err)
		}
		listed := string(index)
		if record, ok := strings.CutPrefix(name, "adr/"); ok && record != "README.md" {
			name, listed = record, string(records)
		}
		if !strings.Contains(listed, "("+name+")") {
			t.Errorf("%s is in no index", d.name)
		}
	}
}
