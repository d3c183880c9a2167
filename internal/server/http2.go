package server

import (
	"net"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/server/gateway"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// protocols are what a TLS connection may carry, by their ALPN names.
func (c Config) protocols() []string {
	if c.HTTP2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// speakHTTP2 makes a server that does not serve yet speak HTTP/2, if it is to. WebSockets over it reach the handler as connections of their
// own, through wrap, until the server shuts down.
func (s *Server) speakHTTP2(srv *http.Server, wrap func(net.Listener) net.Listener) {
	if !s.cfg.HTTP2 {
		return
	}
	streams := gateway.New(s.cfg.scheme())
	inner := &http.Server{
		Handler:           srv.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       tap.ConnContext,
		ErrorLog:          quietLog(),
	}
	gateway.Configure(srv)
	srv.Handler = streams.Handler(srv.Handler)
	srv.RegisterOnShutdown(func() { _ = inner.Close() }) // it closes the gateway; hijacked connections end by themselves
	go func() { _ = inner.Serve(wrap(streams)) }()       // Shutdown ends it
}
