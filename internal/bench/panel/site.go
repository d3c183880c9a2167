package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tetherscope/tetherscope/static"
)

//go:embed page.html bench.css plain.js measure.js
var own embed.FS

// serveSite builds the program into dir and serves it with its page until this process ends.
// With names, the program keeps those of its functions for a profile.
func serveSite(ctx context.Context, dir string, names bool) (url string, err error) {
	wasm, flags := filepath.Join(dir, "bench.wasm"), "-ldflags=-s -w"
	if names {
		flags = "-ldflags="
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", flags, "-o", wasm,
		"github.com/tetherscope/tetherscope/internal/bench/panel/program")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(own))
	for _, name := range []string{"panel/panel.css", "panel/grid.css", "panel/columns.js", "panel/colmenu.js", "panel/grid.js"} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, static.Files, name) })
	}
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static.Files, "dist/wasm_exec.js")
	})
	mux.HandleFunc("/bench.wasm", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, wasm) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until the benchmark ends
	return "http://" + listener.Addr().String() + "/page.html", nil
}
