package server

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func noEnvironment(string) (string, bool) { return "", false }

// TestConfigFile: the file of the current folder is read, what the command line and the environment set comes before it, and what
// is wrong in it is an error with its place. It cannot open the server to others, whatever it holds.
func TestConfigFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(text string) {
		if err := os.WriteFile(ConfigName, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("redact = [\"x-tenant\", \"sid2\"]\nring = 8\nsnap = \"4KiB\"\nlog = \"off\"\nmax-message = 100\nrules = \"dir:in => delay 10ms\"\n[targets]\nb = \"ws://localhost:2/b\"\na = \"ws://localhost:1/a\"\n")
	o, err := ParseFlags([]string{"-max-message", "200"}, func(name string) (string, bool) { return "json", name == "TETHERSCOPE_LOG" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.RingSize != 8<<20 || o.Snap != 4<<10 || o.Log != "json" || o.MaxMessage != 200 || len(o.Targets) != 2 || o.Targets[0].Name != "a" || o.Faults == nil || !slices.Equal(o.Redact, []string{"x-tenant", "sid2"}) || len(o.Faults.Rules) != 1 || o.ConfigFile != ConfigName {
		t.Errorf("the options are %+v", o)
	}
	if o, err = ParseFlags([]string{"-rule", "=> drop"}, noEnvironment, nil); err != nil || o.Faults.String() != "=> drop\n" {
		t.Errorf("rules of the command line replace those of the file: %+v, %v", o, err)
	}
	if o, err = ParseFlags([]string{"-target", "only=ws://localhost:3/", "-config", "none"}, noEnvironment, nil); err != nil || len(o.Targets) != 1 || o.RingSize != 64<<20 || o.ConfigFile != "" {
		t.Errorf("without a file: %+v, %v", o, err)
	}
	if o, err = ParseFlags([]string{"-target", "only=ws://localhost:3/"}, noEnvironment, nil); err != nil || len(o.Targets) != 1 || o.Targets[0].Name != "only" {
		t.Errorf("targets of the command line replace those of the file: %+v, %v", o, err)
	}

	for text, want := range map[string]string{
		"ring = \"8\"":                         "line 1, column 8",
		"redact = [\"-\"]":                     "-redact: \"-\" is no name",
		"ring = 0":                             "-ring 0",
		"snap = \"1GiB\"":                      "snap",
		"\n\n[targets\n":                       "line 3",
		"addr = \"0.0.0.0:80\"":                `there is no setting "addr" here`,
		"allow-origin = [\"https://x\"]":       "line 1, column 1",
		"insecure-upstream = true":             "everything else is set by flags",
		"[targets]\na = \"gopher://x\"":        "a",
		"[targets]\na = \"ws://x/,b=ws://y/\"": "comma",
		"rules = \"lost => explode\"":          "tetherscope.toml: rules: ",
		"target-origin = true":                 "-target-origin needs -target",
	} {
		write(text)
		if _, err := ParseFlags(nil, noEnvironment, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
	write(strings.Repeat("#", configLimit+1))
	if err := CheckConfig(""); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a file that is too large gives %v", err)
	}
	if err := CheckConfig("absent.toml"); err == nil {
		t.Error("a named file that is not there is no error")
	}
}
