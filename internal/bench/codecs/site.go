package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/bench/codecs/message"
)

//go:embed page.html
var pageHTML string

// serveSite builds both programs into dir and serves them with their page until this process ends.
func serveSite(ctx context.Context, dir string) (url string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	page, err := page()
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
	serveFile(mux, "/wasm_exec.js", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	for name, env := range map[string]string{"old": "GOEXPERIMENT=nojsonv2", "new": "GOEXPERIMENT=jsonv2"} {
		wasm := filepath.Join(dir, name+".wasm")
		if err := build(ctx, wasm, env); err != nil {
			return "", err
		}
		serveFile(mux, "/"+name+".wasm", wasm)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until the benchmark ends
	return "http://" + listener.Addr().String(), nil
}

// page returns the page with the messages, as JSON in a JavaScript string, in their place.
func page() (string, error) {
	texts := map[string]string{}
	for size, v := range map[string]any{"small": message.Small(), "large": message.Large()} {
		b, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		texts[size] = string(b)
	}
	b, err := json.Marshal(texts)
	if err != nil {
		return "", err
	}
	inTemplate := strings.NewReplacer(`\`, `\\`, "`", "\\`", "$", `\$`).Replace(string(b))
	return strings.Replace(pageHTML, "MESSAGES", inTemplate, 1), nil
}

func build(ctx context.Context, wasm, env string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", wasm,
		"github.com/tetherscope/tetherscope/internal/bench/codecs/program")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program with %s: %w\n%s", env, err, out)
	}
	return nil
}

func serveFile(mux *http.ServeMux, path, name string) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
}
