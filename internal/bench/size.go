package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// program is one of what the size table compares.
type program struct {
	title, dir string
	held       bool // to the aims
}

// programs begin with the two that the others are compared with.
var programs = []program{
	{"minimal: syscall/js alone", "internal/bench/program/minimal", false},
	{"Go program, coder/websocket", "internal/bench/program/codersmall", false},
	{"Go program, tether", "internal/bench/program/small", true},
	{"… with every option", "internal/bench/program/full", false},
	{"tether.wasm, for pages", "wasm/module", true},
	{"panel.wasm", "panel/app", false},
}

// The aims of a client, in brotli.
const (
	ofMinimal = 1.25
	ofCoder   = 0.55
)

// weight is what a program costs: raw, gzip, brotli.
type weight [3]int

// sizes prints what a page downloads, and beside each figure its ratio to the first two programs.
func sizes(ctx context.Context, dir string) error {
	var weights []weight
	for _, p := range programs {
		wasm, err := build(ctx, dir, p.dir)
		if err != nil {
			return err
		}
		raw, gz, br, err := measureSize(ctx, wasm)
		if err != nil {
			return err
		}
		weights = append(weights, weight{raw, gz, br})
	}
	sizeTable(os.Stdout, weights)
	return nil
}

// sizeTable prints the weights of programs.
func sizeTable(w io.Writer, weights []weight) {
	_, _ = fmt.Fprintf(w, "\nSizes in bytes, -trimpath -ldflags='-s -w'; ratios to minimal and to coder/websocket\n%-30s", "")
	for _, form := range []string{"raw", "gzip -9", "brotli"} {
		_, _ = fmt.Fprintf(w, " %9s %6s %6s", form, "/min", "/coder")
	}
	_, _ = fmt.Fprintln(w)
	for i, p := range programs {
		_, _ = fmt.Fprintf(w, "%-30s", p.title)
		for form, bytes := range weights[i] {
			_, _ = fmt.Fprintf(w, " %9d %6.2f %6.2f", bytes, float64(bytes)/float64(weights[0][form]), float64(bytes)/float64(weights[1][form]))
		}
		_, _ = fmt.Fprintln(w)
		if p.held {
			br := float64(weights[i][2])
			for against, limit := range []float64{ofMinimal, ofCoder} {
				ratio := br / float64(weights[against][2])
				_, _ = fmt.Fprintf(w, "  aim: brotli at most %.2f of %s: %.2f %s\n", limit, programs[against].title, ratio, verdict(ratio <= limit))
			}
		}
	}
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
	text, err := exec.CommandContext(ctx, "node", "-e", script, path).Output() // brotli's default quality is 11
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
