package server

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// TestPagesThatAreBeingBuilt: in development a page without its programs says so and asks again, until they are there; the panel does not
// wait for what other pages need. Outside development nothing is being built.
func TestPagesThatAreBeingBuilt(t *testing.T) {
	files := maps.Clone(testAssets)
	files["chat-go.html"] = &fstest.MapFile{Data: []byte("<!doctype html><title>chat</title>")}
	files["dist/panel.wasm"] = &fstest.MapFile{Data: []byte("\x00asm panel")}
	s := start(t, func(c *Config) { c.Dev, c.LiveAssets, c.Assets = true, true, files })
	for path, absent := range map[string]string{
		"/":                    "tether-engine.mjs.",
		"/?key=wrong":          "tether-engine.mjs.", // which uses up no key
		"/chat-go.html":        "chat.wasm.",
		"/panel/":              "",
		"/console.css":         "",
		"/dist/../index.html/": "",
	} {
		res, body := s.get(t, "GET", path)
		if absent == "" {
			if res.StatusCode == http.StatusServiceUnavailable {
				t.Errorf("%s: %s", path, res.Status)
			}
			continue
		}
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || res.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(body, "Still missing: "+absent) || !strings.Contains(body, `src="/dev.js"`) {
			t.Errorf("%s: %s %v %q", path, res.Status, res.Header, body)
		}
	}
	files["dist/chat.wasm"] = &fstest.MapFile{Data: []byte("\x00asm chat")}
	if res, body := s.get(t, "GET", "/chat-go.html"); res.StatusCode != http.StatusOK || !strings.Contains(body, "chat") {
		t.Errorf("built: %s %q", res.Status, body)
	}
	s = start(t, func(c *Config) { c.Assets = files })
	if res, _ := s.get(t, "GET", "/"); res.StatusCode != http.StatusOK {
		t.Errorf("outside development: %s", res.Status)
	}
}
