package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The tools, as the go command runs them. They are not in go.mod: a program that imports the module does not need them.
const (
	nfpm      = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.1"
	cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"
)

// tool runs one of the tools for the machine that this runs on.
func (m *maker) tool(pinned string, args ...string) error {
	env := []string{"GOFLAGS=", "GOOS=", "GOARCH=", "CGO_ENABLED=0", fmt.Sprintf("SOURCE_DATE_EPOCH=%d", m.when.Unix())}
	return m.run(env, "go", append([]string{"run", pinned}, args...)...)
}

// materials writes the list of the modules that the program is made of, as CycloneDX.
func (m *maker) materials() error {
	path := m.path(".cdx.json")
	fmt.Println("listing materials")
	if err := m.tool(cyclonedx, "app", "-json", "-licenses", "-std", "-noserial", "-main", ".", "-output", path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var list map[string]any
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if about, ok := list["metadata"].(map[string]any); ok {
		about["timestamp"] = m.when.Format(time.RFC3339)
		if component, ok := about["component"].(map[string]any); ok {
			component["version"] = m.version
		}
	}
	if text, err = json.MarshalIndent(list, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// content is a file of a package, as nfpm reads it.
type content struct {
	Src      string `json:"src"`
	Dst      string `json:"dst"`
	Packager string `json:"packager,omitempty"`
	Info     struct {
		Mode  int       `json:"mode"`
		MTime time.Time `json:"mtime"`
	} `json:"file_info"`
}

// packages writes the .deb and the .rpm of a platform.
func (m *maker) packages(p platform, program []byte, manual []entry) error {
	dir, err := os.MkdirTemp("", "tetherscope-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	contents, err := m.layOut(dir, program, manual)
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{ // JSON is YAML
		"name": "tetherscope", "arch": p.arch, "platform": "linux", "version": m.version, "version_schema": "semver", "mtime": m.when,
		"maintainer": "Tetherscope authors <tetherscope@users.noreply.github.com>", "homepage": homepage, "license": "MIT", "section": "net",
		"description": "Debugger for WebSocket connections\nA proxy, a panel and commands that show, change and replay WebSocket frames.",
		"contents":    contents, "rpm": map[string]any{"buildhost": "localhost", "group": "Development/Tools"},
	})
	if err != nil {
		return err
	}
	name := filepath.Join(dir, "nfpm.yaml")
	if err := os.WriteFile(name, config, 0o600); err != nil {
		return err
	}
	for _, kind := range []string{"deb", "rpm"} {
		if err := m.tool(nfpm, "package", "-f", name, "-p", kind, "-t", m.path("_linux_%s.%s", p.arch, kind)); err != nil {
			return err
		}
	}
	return nil
}

// layOut writes the files of a package to a folder and says where each belongs on a system.
func (m *maker) layOut(dir string, program []byte, manual []entry) (contents []content, err error) {
	license, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	add := func(packager, dst string, mode int, body []byte) {
		c := content{Src: filepath.Join(dir, fmt.Sprint(len(contents))), Dst: dst, Packager: packager}
		c.Info.Mode, c.Info.MTime = mode, m.when
		contents = append(contents, c)
		if err == nil {
			err = os.WriteFile(c.Src, body, 0o600)
		}
	}
	add("", "/usr/bin/tetherscope", 0o755, program)
	add("deb", "/usr/share/doc/tetherscope/copyright", 0o644, license)
	add("rpm", "/usr/share/licenses/tetherscope/LICENSE", 0o644, license)
	for _, f := range manual {
		switch name := strings.TrimPrefix(f.name, "completions/"); name {
		case "tetherscope.bash":
			add("", "/usr/share/bash-completion/completions/tetherscope", 0o644, f.content)
		case "_tetherscope":
			add("deb", "/usr/share/zsh/vendor-completions/_tetherscope", 0o644, f.content)
			add("rpm", "/usr/share/zsh/site-functions/_tetherscope", 0o644, f.content)
		case "tetherscope.fish":
			add("", "/usr/share/fish/vendor_completions.d/tetherscope.fish", 0o644, f.content)
		case "tetherscope.ps1":
		default:
			add("", "/usr/share/man/man1/"+strings.TrimPrefix(name, "man/")+".gz", 0o644, compressed(f.content))
		}
	}
	return contents, err
}

// compressed returns text as gzip without a name and a time in it.
func compressed(text []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is one of the package's own
	_, _ = w.Write(text)                                    // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
