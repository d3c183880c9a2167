package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// when is a time with an odd second, which a zip cannot hold in its own form of times.
var when = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// TestArchivesAreTheSameTwice: the same files give the same bytes, executable files stay executable, and everything is in one folder.
func TestArchivesAreTheSameTwice(t *testing.T) {
	files := []entry{{"tetherscope", []byte("program"), 0o755}, {"man/tetherscope.1", []byte(".TH"), 0o644}}
	for name, pack := range map[string]func(string, []entry, time.Time) ([]byte, error){"tar": tarball, "zip": zipped} {
		first, err := pack("top/", files, when)
		if err != nil {
			t.Fatal(err)
		}
		second, err := pack("top/", files, when)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: two archives differ (%v)", name, err)
		}
		want := map[string]string{"top/tetherscope": "-rwxr-xr-x program", "top/man/tetherscope.1": "-rw-r--r-- .TH"}
		if got := unpack(t, name, first); !maps.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}

// unpack returns mode and content of each file of an archive.
func unpack(t *testing.T, kind string, packed []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	if kind == "zip" {
		z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			found[f.Name] = f.Mode().String() + " " + all(t, r)
			if !f.Modified.Equal(when) {
				t.Errorf("zip: %s is of %v, want %v", f.Name, f.Modified, when)
			}
		}
		return found
	}
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(plain); ; {
		head, err := r.Next()
		if err == io.EOF { // as archive/tar documents it
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Uname+head.Gname != "" || head.Uid+head.Gid != 0 || !head.ModTime.Equal(when) {
			t.Errorf("tar: %s has an owner or another time: %+v", head.Name, head)
		}
		found[head.Name] = head.FileInfo().Mode().String() + " " + all(t, r)
	}
}

func all(t *testing.T, r io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestFormulaAndChecksums: the formula names each archive with its sum, and the list of sums covers every file below the folder.
func TestFormulaAndChecksums(t *testing.T) {
	m := &maker{out: t.TempDir(), version: "v1.2.3", when: when}
	for _, name := range []string{"_darwin_arm64.tar.gz", "_linux_amd64.tar.gz", "_windows_amd64.zip"} {
		if err := os.WriteFile(m.path("%s", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.formula(); err != nil {
		t.Fatal(err)
	}
	const sum = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // of "x"
	formula, err := os.ReadFile(filepath.Join(m.out, "tetherscope.rb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"on_macos do\n    on_arm do\n      url \"" + homepage + "/releases/download/v1.2.3/tetherscope_1.2.3_darwin_arm64.tar.gz\"\n      sha256 \"" + sum + "\"\n    end\n  end",
		"on_linux do\n    on_intel do\n", `version "1.2.3"`,
	} {
		if !strings.Contains(string(formula), want) {
			t.Errorf("the formula lacks %q:\n%s", want, formula)
		}
	}
	if strings.Contains(string(formula), "windows") {
		t.Errorf("the formula has an archive for Windows:\n%s", formula)
	}
	if err := m.checksums(); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(m.out, "checksums.txt"))
	if err != nil || strings.Count(string(list), "\n") != 4 || !strings.Contains(string(list), "\n"+sum+"  tetherscope_1.2.3_darwin_arm64.tar.gz\n") {
		t.Errorf("the checksums are (%v)\n%s", err, list)
	}
}

// TestPackagesHaveEveryFile: program, manual, completions and license have their place on a system, the manual compressed.
func TestPackagesHaveEveryFile(t *testing.T) {
	t.Chdir("../..")
	manual := []entry{{name: "man/tetherscope.1"}, {name: "completions/_tetherscope"}, {name: "completions/tetherscope.bash"}, {name: "completions/tetherscope.fish"}, {name: "completions/tetherscope.ps1"}}
	contents, err := (&maker{when: when}).layOut(t.TempDir(), []byte("program"), manual)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range contents {
		if c.Packager != "rpm" {
			got = append(got, c.Dst)
		}
		if _, err := os.Stat(c.Src); err != nil || !c.Info.MTime.Equal(when) {
			t.Errorf("%s: %v, time %v", c.Dst, err, c.Info.MTime)
		}
	}
	want := []string{
		"/usr/bin/tetherscope", "/usr/share/doc/tetherscope/copyright", "/usr/share/man/man1/tetherscope.1.gz", "/usr/share/zsh/vendor-completions/_tetherscope",
		"/usr/share/bash-completion/completions/tetherscope", "/usr/share/fish/vendor_completions.d/tetherscope.fish",
	}
	if !slices.Equal(got, want) {
		t.Errorf("a .deb has %q, want %q", got, want)
	}
}

// TestVersionsAndPlatformsAreChecked: what no package manager takes is refused before anything is built, and says what would do.
func TestVersionsAndPlatformsAreChecked(t *testing.T) {
	if _, _, err := commit(t.Context(), "1.2"); err == nil || !strings.Contains(err.Error(), "v1.2.3") {
		t.Errorf("the version 1.2 gives %v", err)
	}
	if _, err := choose("linux/amd64,plan9/386"); err == nil || !strings.Contains(err.Error(), "plan9/386") {
		t.Errorf("an unknown platform gives %v", err)
	}
	if all, err := choose(""); err != nil || len(all) != 8 {
		t.Errorf("the default is %v, %v", all, err)
	}
}
