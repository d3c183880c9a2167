package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

const homepage = "https://github.com/tetherscope/tetherscope"

//go:embed formula.rb
var formulaText string

// formula writes a Homebrew formula for the archives that were made. It is written once archives for macOS or Linux are there.
func (m *maker) formula() error {
	type download struct{ URL, Sum string }
	data := struct {
		Homepage, Version string
		Archives          map[string]map[string]download // by Homebrew's names of system and processor
	}{homepage, strings.TrimPrefix(m.version, "v"), map[string]map[string]download{}}
	for _, p := range platforms {
		system, known := map[string]string{"darwin": "macos", "linux": "linux"}[p.os]
		path := m.path("_%s_%s.tar.gz", p.os, p.arch)
		if _, err := os.Stat(path); !known || err != nil {
			continue
		}
		sum, err := sumOf(path)
		if err != nil {
			return err
		}
		if data.Archives[system] == nil {
			data.Archives[system] = map[string]download{}
		}
		processor := map[string]string{"amd64": "intel", "arm64": "arm"}[p.arch]
		data.Archives[system][processor] = download{homepage + "/releases/download/" + m.version + "/" + filepath.Base(path), sum}
	}
	if len(data.Archives) == 0 {
		return nil
	}
	file, err := os.Create(filepath.Join(m.out, "tetherscope.rb"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := template.Must(template.New("formula").Parse(formulaText)).Execute(file, data); err != nil {
		return err
	}
	return file.Close()
}
