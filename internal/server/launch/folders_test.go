package launch

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestWhatAKilledRunLeft: the next start removes folders whose program and browser are gone, and no others.
func TestWhatAKilledRunLeft(t *testing.T) {
	dir, host := t.TempDir(), hostname()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)                   // of Windows
	dead := strconv.Itoa(1<<31 - 2)        // no system gives such an ID
	living := strconv.Itoa(os.Getpid())    // ours
	begin := "tetherscope-browser-" + host // of this host
	profile := func(name, browser string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, name, "Default"), 0o700); err != nil {
			t.Fatal(err)
		}
		if browser == "" {
			return name
		}
		if err := os.Symlink(browser, filepath.Join(dir, name, singleton)); err != nil {
			t.Skip("there are no symbolic links here:", err)
		}
		return name
	}
	profile(begin+"-"+dead+"-1", "")
	profile(begin+"-"+dead+"-2", host+"-"+dead)
	want := []string{
		profile(begin+"-"+dead+"-3", host+"-"+living), profile(begin+"-"+dead+"-4", "other-"+dead), profile(begin+"-"+living+"-5", ""),
		profile("tetherscope-browser-other-"+dead+"-6", ""), profile("tetherscope-run-"+host+"-"+dead+"-7", ""), profile(begin+"-x-8", ""), profile(begin+"-"+dead+"-5-9", ""), profile(begin+"-"+dead, ""),
	}
	made, err := folder("browser")
	if err != nil || !strings.HasPrefix(filepath.Base(made), begin+"-"+living+"-") {
		t.Errorf("made %s, %v", made, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want = append(want, filepath.Base(made))
	if slices.Sort(want); !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}
