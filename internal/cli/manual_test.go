package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheProgramDescribesItself: help, completions, man pages, the version and what a configuration file says, from the built program.
func TestTheProgramDescribesItself(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.toml"), filepath.Join(dir, "bad.toml")
	for name, text := range map[string]string{
		good: "ring = 8\nrules = '''\ndir:in => delay 10ms\n'''\n[targets]\napi = \"ws://localhost:8080/ws\"\n",
		bad:  "ring = 8\naddr = \":80\"\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args      string
		code      int
		out, errs string
	}{
		{"help show", 0, "tetherscope show", ""},
		{"help", 0, "tetherscope serves a WebSocket console", ""},
		{"help shwo", 2, "", "did you mean show?"},
		{"shwo", 2, "", "did you mean show?"},
		{"show -qurey x", 2, "", "there is no flag -qurey: did you mean -query?"},
		{"-adr :0", 2, "", "did you mean -addr?"},
		{"serve -version", 0, "tetherscope ", ""},
		{"version", 0, "built with go", ""},
		{"completion bash", 0, "complete -o default -F _tetherscope tetherscope", ""},
		{"completion zsh", 0, "'-query:", ""},
		{"completion tcsh", 2, "", "want one of bash, zsh, fish, powershell"},
		{"man", 0, `\fB\-addr\fR`, ""},
		{"man send", 0, `.TH TETHERSCOPE\-SEND 1`, ""},
		{"man -dir " + dir, 0, "", ""},
		{"man -dir " + filepath.Join(dir, "none"), 2, "", "no such file"},
		{"man -dir . show", 2, "", "-dir writes all pages"},
		{"config check " + good, 0, "", ""},
		{"config check " + bad, 2, "", `line 2, column 1: there is no setting "addr" here`},
		{"config check " + filepath.Join(dir, "none.toml"), 2, "", "no such file"},
		{"config", 2, "", "tetherscope config check [FILE]"},
	} {
		r := run(t, dir, "", strings.Fields(c.args)...)
		if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.Contains(r.err, c.errs) || (c.errs == "") != (r.err == "") {
			t.Errorf("tetherscope %s: exit code %d, want %d, with %q and %q\n%s\n%s", c.args, r.code, c.code, c.out, c.errs, r.out, r.err)
		}
	}
	for page, want := range map[string]string{"tetherscope.1": `\fB\-addr\fR`, "tetherscope-show.1": `\fB\-query\fR`} {
		if text, err := os.ReadFile(filepath.Join(dir, page)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v; it lacks %s", page, err, want)
		}
	}
}
