package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/query"
	"github.com/tetherscope/tetherscope/internal/requests"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// TestFiltersParse: each line of a block of filters is one.
func TestFiltersParse(t *testing.T) {
	for _, b := range blocksOf(t, "filter") {
		for line := range strings.Lines(b.text) {
			if _, err := query.Parse(strings.TrimSpace(line)); err != nil {
				t.Errorf("%s: %s: %v", b.at, line, err)
			}
		}
	}
}

// TestRulesParse: each block of rules is a ruleset, and every action is in the document about them.
func TestRulesParse(t *testing.T) {
	for _, b := range blocksOf(t, "rules") {
		if _, err := fault.Parse(b.text); err != nil {
			t.Errorf("%s: %v", b.at, err)
		}
	}
}

// TestTheFieldsAreAllThere: the table of fields has each field of the language, as the panel's help explains it.
func TestTheFieldsAreAllThere(t *testing.T) {
	for _, d := range documents(t) {
		if d.name != "docs/filter.md" {
			continue
		}
		for _, f := range query.Fields() {
			if row := "| `" + f.Name + "` | " + f.Explanation + " | `" + f.Example + "` |\n"; !strings.Contains(d.text, row) {
				t.Errorf("%s lacks the row\n%s", d.name, row)
			}
			if _, err := query.Parse(f.Example); err != nil {
				t.Errorf("the example of %s: %v", f.Name, err)
			}
		}
	}
}

// TestConfigurationsAreRead: each configuration file of the documents is one that a server starts with, and each file of requests one that can be run.
func TestConfigurationsAreRead(t *testing.T) {
	for _, b := range blocksOf(t, "toml") {
		if strings.Contains(b.text, "[[request]]") {
			f, err := requests.Parse(b.at, []byte(b.text))
			if err == nil {
				_, err = requests.NewRun(f, requests.Options{Env: func(string) (string, bool) { return "x", true }})
			}
			if err != nil {
				t.Error(err)
			}
			continue
		}
		name := filepath.Join(t.TempDir(), server.ConfigName)
		if err := os.WriteFile(name, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := server.CheckConfig(name); err != nil {
			t.Errorf("%s: %v", b.at, err)
		}
	}
}
