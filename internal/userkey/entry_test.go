//go:build unix

// These tests prove that a key is found by who may have it, and that nothing that another user can have made or read is used.
package userkey

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, url, key string) (remove func()) {
	t.Helper()
	remove, err := Write(dir, Entry{URL: url, Key: key, PID: os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	return remove
}

// TestFind: a key is for the address that its server listens on; localhost becomes that address.
func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	write(t, dir, "http://127.0.0.1:7316", "k1")
	write(t, dir, "https://[::1]:443", "k2")
	write(t, dir, "http://192.0.2.1:80", "k3")
	for _, c := range []struct{ url, to, key string }{
		{"http://127.0.0.1:7316", "http://127.0.0.1:7316", "k1"},
		{"http://127.0.0.1:7316/x", "http://127.0.0.1:7316/x", "k1"},
		{"http://localhost:7316", "http://127.0.0.1:7316", "k1"},
		{"http://127.0.0.2:7316", "http://127.0.0.2:7316", ""},
		{"http://evil.test:7316", "http://evil.test:7316", ""},
		{"http://127.0.0.1:7317", "http://127.0.0.1:7317", ""},
		{"https://localhost", "https://[::1]:443", "k2"},
		{"http://192.0.2.1", "http://192.0.2.1", "k3"},
		{"http://localhost", "http://localhost", ""}, // no loopback address
		{"http://[broken", "http://[broken", ""},
	} {
		if to, key, err := Find(dir, c.url); to != c.to || key != c.key || err != nil {
			t.Errorf("%s: %s %q %v", c.url, to, key, err)
		}
	}
	if _, key, err := Find(filepath.Join(dir, "none"), "http://127.0.0.1:7316"); key != "" || err != nil {
		t.Error(key, err)
	}
}

// TestOthersFilesAreNotUsed: a file or folder that others can read or write, or that is a link, is an error that names it; writing goes
// through no link, and into no such folder.
func TestOthersFilesAreNotUsed(t *testing.T) {
	const url = "http://127.0.0.1:7316"
	for name, spoil := range map[string]func(dir, file string) error{
		"a file that others read": func(_, file string) error { return os.Chmod(file, 0o644) },
		"a folder that is open":   func(dir, _ string) error { return os.Chmod(dir, 0o777) }, //nolint:gosec // on purpose
		"a link as the file": func(dir, file string) error {
			return os.Rename(file, filepath.Join(dir, "x"))
		},
		"no JSON": func(_, file string) error { return os.WriteFile(file, []byte("{"), 0o600) },
	} {
		dir := filepath.Join(t.TempDir(), "run")
		write(t, dir, url, "k")
		file := filepath.Join(dir, "7316.json")
		if err := spoil(dir, file); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(name, "link") {
			if err := os.Symlink("x", file); err != nil {
				t.Fatal(err)
			}
		}
		if _, key, err := Find(dir, url); err == nil || key != "" || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %q, %v", name, key, err)
		}
	}
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(dir, "run")
	write(t, run, "http://127.0.0.1:1", "k")
	if err := os.Symlink(victim, filepath.Join(run, "7316.json")); err != nil {
		t.Fatal(err)
	}
	write(t, run, url, "k")
	if text, err := os.ReadFile(victim); string(text) != "mine" {
		t.Errorf("written through a link: %s, %v", text, err)
	}
	info, err := os.Lstat(filepath.Join(run, "7316.json"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Symlink(run, filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(filepath.Join(dir, "linked"), Entry{URL: url}); err == nil {
		t.Error("a folder that is a link is used")
	}
}

// TestRemove: a server removes its own entry, not that of a later one; entries of processes that were killed go with the next Write.
func TestRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	first := write(t, dir, "http://127.0.0.1:1", "k1")
	second := write(t, dir, "http://127.0.0.1:1", "k2")
	first()
	if _, key, _ := Find(dir, "http://127.0.0.1:1"); key != "k2" {
		t.Errorf("the later server's key is %q", key)
	}
	second()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, Entry{URL: "http://127.0.0.1:2", Key: "k", PID: ended.Process.Pid}); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "http://127.0.0.1:3", "k")
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 || filepath.Base(left[0]) != "3.json" {
		t.Errorf("left: %q", left)
	}
}
