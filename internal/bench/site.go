package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed page.html
var pageHTML string

//go:embed plain.js
var plainJS []byte

// serveSite serves one page for each variant. The two headers give pages clocks of 5 µs instead of 100.
func serveSite(ctx context.Context, dir string) (url string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	module, err := moduleDir(ctx)
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	serveAssets(mux, module, dir)
	serveFile(mux, "/wasm_exec.js", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	serveFile(mux, "/bridge.js", filepath.Join(module, "static", "bridge.js"))
	mux.HandleFunc("/plain.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(plainJS)
	})
	for i, v := range variants {
		page := strings.NewReplacer("SCRIPTS", v.scripts, "PROGRAM", v.program).Replace(pageHTML)
		mux.HandleFunc(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(page))
		})
	}
	built := map[string]bool{"": true}
	for _, v := range variants {
		if built[v.program] {
			continue
		}
		built[v.program] = true
		wasm, err := build(ctx, dir, "internal/bench/program/"+v.program)
		if err != nil {
			return "", err
		}
		serveFile(mux, "/"+v.program+".wasm", wasm)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: isolated(mux), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until the benchmark ends
	return "http://" + listener.Addr().String(), nil
}

func isolated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		next.ServeHTTP(w, r)
	})
}

func serveFile(mux *http.ServeMux, path, name string) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
}
