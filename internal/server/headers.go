package server

import (
	"net/http"
	"strings"
)

// policy is the Content-Security-Policy of every response: scripts and styles only from files of our own, none inline;
// WebAssembly may be compiled. connect names where scripts may connect to beside this server, images where images may
// come from beside it.
func policy(connect, images string) string {
	return strings.Join([]string{
		"default-src 'self'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"style-src 'self'",
		"img-src 'self' " + images,
		"connect-src 'self' " + connect,
		"worker-src 'self'",
		"object-src 'none'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'self'",
		"require-trusted-types-for 'script'", // assigning text to innerHTML and its like throws: nobody here does
	}, "; ")
}

// secured sets the header fields that keep a browser from doing with our responses what we did not mean. It runs behind
// the check of Host, which becomes a part of the policy. Only the panel may connect to the listeners of targets, and show
// images from bytes in its own memory: those among the recorded payloads.
func (s *Server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		connect, images := "ws://"+r.Host+" wss://"+r.Host, "data:"
		if r.URL.Path == "/panel/" {
			connect, images = connect+s.targets.list().sources(s.cfg), images+" blob:"
		}
		h.Set("Content-Security-Policy", policy(connect, images))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// consolePolicy lets the console page connect to any WebSocket server: that is what a console is for. The panel, which
// holds the token and other people's traffic, may not.
func consolePolicy(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", policy("ws: wss:", "data:"))
}
