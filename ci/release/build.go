package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// platform is what a program is built for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

// platforms are all of a release.
var platforms = func() (all []platform) {
	for _, system := range []string{"linux", "darwin", "windows", "freebsd"} {
		all = append(all, platform{system, "amd64"}, platform{system, "arm64"})
	}
	return all
}()

// choose returns the platforms of a list, all of them for none.
func choose(list string) ([]platform, error) {
	if list == "" {
		return platforms, nil
	}
	var chosen []platform
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(platforms, func(p platform) bool { return p.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is not one of %v", name, platforms)
		}
		chosen = append(chosen, platforms[i])
	}
	return chosen, nil
}

// build builds the program for a platform and returns it. No flag of the environment changes it.
func (m *maker) build(p platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "tetherscope-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	name := filepath.Join(dir, "program")
	fmt.Println("building", p)
	err = m.run([]string{"GOOS=" + p.os, "GOARCH=" + p.arch, "CGO_ENABLED=0", "GOFLAGS="}, "go", "build", "-trimpath", "-buildvcs=true",
		"-ldflags=-s -w -X main.version="+m.version, "-o", name, ".")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

// manual returns the man pages and completions by their names in an archive, as the program itself prints them.
func (m *maker) manual() ([]entry, error) {
	dir, err := os.MkdirTemp("", "tetherscope-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	program, err := m.build(platform{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "tetherscope")
	if err := os.WriteFile(name, program, 0o755); err != nil {
		return nil, err
	}
	pages := filepath.Join(dir, "man")
	if err := os.Mkdir(pages, 0o755); err != nil {
		return nil, err
	}
	if err := m.run(nil, name, "man", "-dir", pages); err != nil {
		return nil, err
	}
	files, err := folder(pages, "man/")
	if err != nil {
		return nil, err
	}
	for shell, file := range map[string]string{"bash": "tetherscope.bash", "zsh": "_tetherscope", "fish": "tetherscope.fish", "powershell": "tetherscope.ps1"} {
		script, err := exec.CommandContext(m.ctx, name, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completion %s: %w", shell, err)
		}
		files = append(files, entry{"completions/" + file, script, 0o644})
	}
	return sorted(files), nil
}

// folder returns the files of a folder.
func folder(dir, prefix string) (files []entry, err error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, entry{prefix + f.Name(), content, 0o644})
	}
	return files, nil
}

// image adds the program to the folder that docker build makes an image of, without anything else in it.
func (m *maker) image(p platform, program []byte) error {
	dir := filepath.Join(m.out, "docker", p.arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "tetherscope"), program, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile("ci/release/Dockerfile")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.out, "docker", "Dockerfile"), text, 0o644)
}

// run runs a command to its end. What it prints is shown when it fails.
func (m *maker) run(env []string, name string, args ...string) error {
	cmd := exec.CommandContext(m.ctx, name, args...)
	var printed bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &printed, &printed
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &printed)
	}
	return nil
}
