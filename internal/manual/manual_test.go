package manual

import (
	"bytes"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sample is a program with every kind of flag, and words that each of the shells would take for its own.
func sample() *Program {
	show := flag.NewFlagSet("show", flag.ContinueOnError)
	show.Bool("json", false, "print 'JSON': one object per line, $HOME and so on")
	show.String("query", "", "print only what matches the `query`")
	return &Program{Name: "tetherscope", Version: "v1.2.3", Commands: []Command{
		{Summary: "serve", Usage: "tetherscope serves.\n\n.hidden line\n", Flags: []Flag{{Name: "addr", Value: "host:port", Usage: `where; \fIliterally\fR`}}},
		{Name: "show", Summary: "print a capture", Usage: "tetherscope show FILE\n", Flags: Flags(show)},
		{Name: "send", Summary: "send it"},
		{Name: "help", Summary: "help"},
		{Name: "completion", Summary: "completion"},
	}}
}

// TestBashCompletes: the real shell, with the script loaded, offers what can stand where the cursor is.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	var script bytes.Buffer
	if err := sample().Completion(&script, "bash"); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "completion")
	if err := os.WriteFile(name, script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"tetherscope s":            "show send",
		"tetherscope ":             "show send help completion",
		"tetherscope show -":       "-json -query -help",
		"tetherscope show -q":      "-query",
		"tetherscope -a":           "-addr",
		"tetherscope help sh":      "show",
		"tetherscope completion f": "fish",
		"tetherscope show x":       "", // left to file names
	} {
		words := strings.Split(line, " ")
		run := exec.CommandContext(t.Context(), bash, "--norc", "-c", `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tetherscope; echo "${COMPREPLY[*]}"`, "bash", name)
		run.Args = append(run.Args, words...)
		out, err := run.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%q completes to %q (%v), want %q", line, out, err, want)
		}
	}
}

// TestEveryShellHasEveryName: each script has each command and each flag, and quotes each text so that the shell's own
// signs in it mean nothing.
func TestEveryShellHasEveryName(t *testing.T) {
	quoted := map[string]string{"zsh": `'-json:print '\''JSON'\'': one`, "fish": `'print \'JSON\': one`, "bash": "-json", "powershell": "'-json'"}
	for _, shell := range Shells() {
		var out bytes.Buffer
		if err := sample().Completion(&out, shell); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"show", "send", "completion", "json", "query", "addr", quoted[shell]} {
			if !strings.Contains(out.String(), name) {
				t.Errorf("the script for %s does not have %s:\n%s", shell, name, &out)
			}
		}
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			check := exec.CommandContext(t.Context(), path, "-n")
			check.Stdin = &out
			if problems, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s -n: %v\n%s", shell, err, problems)
			}
		}
	}
	if err := sample().Completion(io.Discard, "tcsh"); err == nil || !strings.Contains(err.Error(), "bash, zsh, fish, powershell") {
		t.Errorf("an unknown shell gives %v", err)
	}
}

// TestPages: a page has every flag, a text's signs of roff mean nothing, and groff, where it is installed, has no warning.
func TestPages(t *testing.T) {
	for name, want := range map[string][]string{
		"":     {".TH TETHERSCOPE 1", `\&.hidden line`, `where; \efIliterally\efR`, ".SH COMMANDS", `\fBshow\fR`},
		"show": {`.TH TETHERSCOPE\-SHOW 1`, `\fB\-query\fR \fIquery\fR`},
	} {
		var page bytes.Buffer
		if err := sample().Page(&page, name); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(page.String(), w) {
				t.Errorf("the page of %q does not have %q:\n%s", name, w, &page)
			}
		}
		if groff, err := exec.LookPath("groff"); err == nil {
			check := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-z")
			check.Stdin = &page
			if problems, err := check.CombinedOutput(); err != nil || len(problems) > 0 {
				t.Errorf("groff about the page of %q: %v\n%s", name, err, problems)
			}
		}
	}
	if err := sample().Page(io.Discard, "shwo"); err == nil || !strings.Contains(err.Error(), "did you mean show?") {
		t.Errorf("an unknown command gives %v", err)
	}
}

// TestUnknownFlagsAreRecognised: package flag words its error as this package expects, and the nearest flag is named.
func TestUnknownFlagsAreRecognised(t *testing.T) {
	for arg, want := range map[string]string{
		"-qurey": "there is no flag -qurey: did you mean -query?", "-zzzzz": "there is no flag -zzzzz", "-count=x": `invalid value "x" for flag -count: parse error`,
	} {
		set := flag.NewFlagSet("show", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		set.String("query", "", "")
		set.Int("count", 0, "")
		if got := FlagError(set, set.Parse([]string{arg})); got.Error() != want {
			t.Errorf("%s: %q, want %q", arg, got, want)
		}
	}
}

// TestFlagsAreInOrder: a switch has no value, other flags have their value's name.
func TestFlagsAreInOrder(t *testing.T) {
	all := sample().Commands[1].Flags
	if !slices.Equal(all, []Flag{{"json", "", "print 'JSON': one object per line, $HOME and so on"}, {"query", "query", "print only what matches the query"}}) {
		t.Errorf("the flags are %q", all)
	}
}
