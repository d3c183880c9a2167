package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/scope/act"
)

// TestRulesTry proves the lines for records and rules, that JSON has the same, and that credentials do not show.
func TestRulesTry(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(true))
	if err := os.WriteFile(filepath.Join(dir, "rules"), []byte("# a comment\nhandshake out => header Authorization\nop:ping => drop 5%\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"rules", "try", "-faults", "rules", "-rule", "dir:out => set $.price 0", "-rule", `"caf" => replace /none/x/`, "-rule", "every 5s => ping", "a.tscap"}
	got := run(t, dir, "", args...)
	const rules = `rule 1: 1 of 9 records match, 1 would change, 0 would be removed, 0 exempt: handshake out => header Authorization
rule 2: 1 of 9 records match, 0 would change, 1 would be removed, 0 exempt (counted as if its chance were 100%): op:ping => drop 5%
rule 3: 2 of 9 records match, 1 would change, 0 would be removed, 0 exempt: dir:out => set $.price 0
rule 4: 1 of 9 records match, 0 would change, 0 would be removed, 0 exempt: "caf" => replace /none/x/
rule 5: 0 of 9 records match, 0 would change, 0 would be removed, 0 exempt (not tried: it depends on time): every 5s => ping
`
	const want = `1 #1 handshake rule 1 changes
  - [hidden]
  + ` + `
3 #1 ↑ rule 3 changes
  - {"price":7}
  + {"price":0}
4 #1 ↓ rule 4 keeps
5 #1 ↓ rule 2 removes
6 #1 ↑ rule 3 keeps
` + rules
	if got.code != 0 || got.err != "" || got.out != want {
		t.Errorf("%d %s\n%s\nwant\n%s", got.code, got.err, got.out, want)
	}
	if got := run(t, dir, "", append(args, "-summary")...); got.out != rules {
		t.Errorf("%+v", got)
	}
	lines := strings.Split(strings.TrimSpace(run(t, dir, "", append(args, "-json")...).out), "\n")
	var one act.TriedRecord
	var report act.Trial
	if json.Unmarshal([]byte(lines[1]), &one) != nil || one.Seq != 3 || one.After != `{"price":0}` ||
		json.Unmarshal([]byte(lines[len(lines)-1]), &report) != nil || report.Records != 9 || report.Rules[2].Changed != 1 {
		t.Errorf("%q", lines)
	}
}

// TestWrongRulesToTry proves that errors name the flag and the place, and that nothing is read then.
func TestWrongRulesToTry(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules"), []byte("=> drop\n=> lose\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.tscap", conversation(true))
	for _, c := range []struct{ args, want string }{
		{"rules", "want try"},
		{"rules check", "want try"},
		{"rules try a.tscap", "no rules: give them with -rule, -faults or -script"},
		{"rules try -rule # a.tscap", "there is no rule in what was given"},
		{"rules try -faults rules a.tscap", "-faults rules: line 2, column 4: “lose” is not an action"},
		{"rules try -faults none a.tscap", "-faults: open none"},
		{"rules try -rule =>lose a.tscap", `-rule "=>lose": line 1, column 3`},
		{"rules try -rule =>drop none.tscap", "none.tscap: no such file"},
		{"rules try -rule =>drop a.tscap b.tscap", "want one source, not 2"},
		{"rules try -rule =>drop -now a.tscap", "-now is for the URL of a server"},
	} {
		if got := run(t, dir, "", strings.Fields(c.args)...); got.code != 2 || got.out != "" || !strings.Contains(got.err, c.want) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// TestRulesTryAScript proves that a script is tried before the rules, in the worker of the program, and what its errors and its end look like.
func TestRulesTryAScript(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.tscap", conversation(false))
	source := `
def message(m):
    if m.dir == "out" and "price" in m.data:
        print(m.path, m.number)
        return [m, json.encode({"seen": m.data})]
    if m.dir == "out":
        return close(4001)
    return "x" * 1000000000
`
	for name, text := range map[string]string{"a.star": source, "wrong.star": "def message(m):\n    return x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := run(t, dir, "", "rules", "try", "-script", "a.star", "-rule", `dir:out => replace /seen/was/`, "a.tscap")
	for _, want := range []string{
		"3 #1 ↑ rule 2 changes\n  - {\"price\":7}\n  + {\"price\":7}\\n{\"seen\":\"{\\\"price\\\":7}\"}\n",
		"3 #1 ↑ rule 1 changes\n  - {\"seen\":\"{\\\"price\\\":7}\"}\n  + {\"was\":\"{\\\"price\\\":7}\"}\n",
		"rule 2 exempt: the script used more than 256 MiB of memory: its worker was ended",
		"would change, 0 would be removed, 1 exempt: script\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not in\n%s", want, got.out)
		}
	}
	if got.code != 0 || !strings.Contains(got.err, `a.star: print: "/ws?token=[hidden] 1"`) {
		t.Errorf("%d %s", got.code, got.err)
	}
	if got := run(t, dir, "", "rules", "try", "-script", "wrong.star", "a.tscap"); got.code != 2 || got.err != "tetherscope rules: -script: wrong.star:2:12: undefined: x\n" {
		t.Errorf("%+v", got)
	}
}
