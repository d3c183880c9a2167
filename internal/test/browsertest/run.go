package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// program is what is to be run.
type program struct {
	path   string // the .wasm file
	args   []string
	env    map[string]string
	bridge bool
}

// run runs the program in a browser, copies its output to out, and returns its exit status.
func run(ctx context.Context, p program, out io.Writer) (code int, err error) {
	url, stop, err := serve(p)
	if err != nil {
		return 0, err
	}
	defer stop()
	b, err := chrome.Start(ctx, chrome.Options{})
	if err != nil {
		return 0, err
	}
	defer b.Close()
	page, err := b.Page(ctx, "")
	if err != nil {
		return 0, err
	}
	page.OnConsole(func(line string) { fmt.Fprintln(os.Stderr, "console", line) })
	ended := make(chan ending, 1)
	if err := bind(ctx, page, out, ended); err != nil {
		return 0, err
	}
	if err := page.Navigate(ctx, url); err != nil {
		return 0, err
	}
	select {
	case e := <-ended:
		return e.Code, e.err()
	case <-ctx.Done():
		return 0, fmt.Errorf("%w; uncaught exceptions: %q", context.Cause(ctx), page.Exceptions())
	}
}

// ending is how the program ended, as the page reports it.
type ending struct {
	Code  int    `json:"code"`
	Error string `json:"error"` // what the page threw instead of letting the program end
}

func (e ending) err() error {
	if e.Error != "" {
		return errors.New(e.Error)
	}
	return nil
}

// bind gives the page two functions: one that writes, and one that reports the end. They are CDP bindings, so output
// arrives byte for byte, not line by line as through the console.
func bind(ctx context.Context, page *chrome.Page, out io.Writer, ended chan<- ending) error {
	page.Listen("Runtime.bindingCalled", func(params json.RawMessage) {
		var call struct{ Name, Payload string }
		if err := json.Unmarshal(params, &call); err != nil {
			return // not one of ours
		}
		switch call.Name {
		case "browsertestWrite":
			_, _ = io.WriteString(out, call.Payload)
		case "browsertestEnd":
			var e ending
			if err := json.Unmarshal([]byte(call.Payload), &e); err != nil {
				e.Error = err.Error()
			}
			select {
			case ended <- e:
			default: // only the first end counts
			}
		}
	})
	for _, name := range []string{"browsertestWrite", "browsertestEnd"} {
		if err := page.Call(ctx, "Runtime.addBinding", map[string]string{"name": name}, nil); err != nil {
			return err
		}
	}
	return nil
}

//go:embed page.html
var pageHTML []byte

// serve serves the program and what it needs on a loopback port.
func serve(p program) (url string, stop func(), err error) {
	wasmExec, err := goEnv("GOROOT")
	if err != nil {
		return "", nil, err
	}
	bridge, err := bridgeFile(p.bridge)
	if err != nil {
		return "", nil, err
	}
	config, err := json.Marshal(map[string]any{"args": append([]string{p.path}, p.args...), "env": p.env})
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(bytes.Replace(pageHTML, []byte("CONFIG"), config, 1))
	})
	mux.HandleFunc("/wasm_exec.js", file(filepath.Join(wasmExec, "lib", "wasm", "wasm_exec.js"), "text/javascript"))
	mux.HandleFunc("/program.wasm", file(p.path, "application/wasm"))
	mux.HandleFunc("/bridge.js", file(bridge, "text/javascript"))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with ErrServerClosed
	return "http://" + listener.Addr().String() + "/", func() { _ = server.Close() }, nil
}

func file(path, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		http.ServeFile(w, r, path)
	}
}

// bridgeFile is the path of static/bridge.js, or of an empty file when the page shall not have it.
func bridgeFile(wanted bool) (string, error) {
	if !wanted {
		return os.DevNull, nil
	}
	mod, err := goEnv("GOMOD")
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(mod), "static", "bridge.js")
	_, err = os.Stat(path)
	return path, err
}

func goEnv(name string) (string, error) {
	b, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return "", fmt.Errorf("go env %s: %w", name, err)
	}
	return strings.TrimSpace(string(b)), nil
}
