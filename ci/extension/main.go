// Package main builds the browser extension: the panel's own files, tap.js and the files of static/extension, as a
// folder that browsers load unpacked and a zip for their shops. make extension runs it after the WASM programs are built.
package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	out := flag.String("out", "bin/extension", "the `folder` to make; the zip is written beside it")
	from := flag.String("static", "static", "the `folder` of the assets")
	flag.Parse()
	if err := build(*from, *out); err != nil {
		fmt.Fprintln(os.Stderr, "extension:", err)
		os.Exit(1)
	}
	fmt.Println(*out + " is ready: chrome://extensions, developer mode, load unpacked; " + *out + ".zip is the same")
}

// build makes the folder and the zip. What was there before is removed.
func build(from, out string) error {
	files, err := gather(os.DirFS(from))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	packed, err := pack(files)
	if err != nil {
		return err
	}
	return os.WriteFile(out+".zip", packed, 0o644)
}

// linked finds the files that a page loads from the server's root.
var linked = regexp.MustCompile(`(?:src|href)="/([\w./-]+)"`)

// gather returns the extension's files by name.
func gather(assets fs.FS) (map[string][]byte, error) {
	page, err := fs.ReadFile(assets, "panel.html")
	if err != nil {
		return nil, err
	}
	html, err := panelPage(string(page))
	if err != nil {
		return nil, err
	}
	tap, err := tapFunction(assets)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"panel.html": []byte(html), "tap.js": tap}
	names := []string{"panel.wasm"}
	for _, m := range linked.FindAllStringSubmatch(html, -1) {
		names = append(names, m[1])
	}
	own, err := fs.Glob(assets, "extension/*")
	if err != nil {
		return nil, err
	}
	for _, path := range own {
		names = append(names, strings.TrimPrefix(path, "extension/"))
	}
	for _, name := range names {
		if files[name] != nil {
			continue
		}
		if files[name], err = find(assets, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// find reads a file of the extension, the assets, or the built ones.
func find(assets fs.FS, name string) ([]byte, error) {
	for _, folder := range []string{"extension/", "", "dist/"} {
		content, err := fs.ReadFile(assets, folder+name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	return nil, fmt.Errorf("%s is missing: run make wasm", name)
}

// tapFunction is tap.js as the service worker needs it: a function that it can put into a page, and no call of it.
func tapFunction(assets fs.FS) ([]byte, error) {
	script, err := fs.ReadFile(assets, "tap.js")
	if err != nil {
		return nil, err
	}
	const begin, end = "\n((tools) => {\n", "\n})(\"\");\n"
	comment, body, ok := strings.Cut(string(script), begin)
	body, closed := strings.CutSuffix(body, end)
	if !ok || !closed || strings.Contains(body, begin) {
		return nil, errors.New("tap.js is no call of one function of tools any more: change ci/extension with it")
	}
	return []byte(comment + "\nglobalThis.tap = (tools) => {\n" + body + "\n};\n"), nil
}

// panelPage is the server's page of the panel as the extension has it: another source, no key, no reload of development.
func panelPage(page string) (string, error) {
	for _, change := range [][2]string{
		{`<meta name="tetherscope-mode" content="server">`, `<meta name="tetherscope-mode" content="devtools">`},
		{"  " + `<script src="/key.js" data-local defer></script>` + "\n", ""},
		{`<script src="/panel/listen.js" data-local defer></script>`, `<script src="/source.js" data-local defer></script>`},
		{"  " + `<script src="/dev.js" data-local defer></script>` + "\n", ""},
	} {
		if !strings.Contains(page, change[0]) {
			return "", fmt.Errorf("panel.html has no %s any more: change ci/extension with it", change[0])
		}
		page = strings.Replace(page, change[0], change[1], 1)
	}
	return page, nil
}

// pack returns a zip of the files, the same for the same files.
func pack(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(files[name]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}
