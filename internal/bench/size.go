package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// programs are what the size table compares; the first one is the measure of the others.
var programs = []struct{ title, dir string }{
	{"minimal syscall/js", "internal/bench/program/minimal"},
	{"minimal tether", "internal/bench/program/small"},
	{"minimal coder/websocket", "internal/bench/program/codersmall"},
	{"tether.wasm", "wasm/module"},
	{"panel.wasm", "panel/app"},
}

// sizes prints what a page downloads.
func sizes(ctx context.Context, dir string) error {
	fmt.Printf("\nSizes, -trimpath -ldflags='-s -w'\n%-24s %10s %9s %9s %22s\n", "", "raw", "gzip -9", "brotli", "brotli/minimal")
	module, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	minimal := 0
	for i, p := range programs {
		if _, err := os.Stat(filepath.Join(module, p.dir)); errors.Is(err, os.ErrNotExist) {
			fmt.Printf("%-24s %10s\n", p.title, "not built yet")
			continue
		}
		wasm, err := build(ctx, dir, p.dir)
		if err != nil {
			return err
		}
		raw, gz, br, err := measureSize(ctx, wasm)
		if err != nil {
			return err
		}
		if i == 0 {
			minimal = br
		}
		fmt.Printf("%-24s %10d %9d %9d %22.2f\n", p.title, raw, gz, br, float64(br)/float64(minimal))
		if p.title == "minimal tether" || p.title == "tether.wasm" {
			ratio := float64(br) / float64(minimal)
			aim("brotli at most 1.25 of minimal syscall/js", ratio, ratio <= 1.25)
		}
	}
	return nil
}

// measureSize compresses as the development server's assets are.
func measureSize(ctx context.Context, path string) (raw, gz, br int, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, 0, err
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return 0, 0, 0, err
	}
	if _, err := w.Write(b); err != nil {
		return 0, 0, 0, err
	}
	if err := w.Close(); err != nil {
		return 0, 0, 0, err
	}
	script := `process.stdout.write(String(require("zlib").brotliCompressSync(require("fs").readFileSync(process.argv[1])).length))`
	text, err := exec.CommandContext(ctx, "node", "-e", script, path).Output() // brotli's quality is 11 unless told otherwise
	if err != nil {
		return 0, 0, 0, fmt.Errorf("brotli by node: %w", err)
	}
	br, err = strconv.Atoi(string(text))
	return len(b), out.Len(), br, err
}

// build builds a program for the browser as make build does.
func build(ctx context.Context, dir, pkg string) (wasm string, err error) {
	module, err := moduleDir(ctx)
	if err != nil {
		return "", err
	}
	wasm = filepath.Join(dir, strings.ReplaceAll(pkg, "/", "-")+".wasm")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", wasm, "./"+pkg)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return wasm, nil
}

func moduleDir(ctx context.Context) (string, error) {
	b, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(b))), nil
}
