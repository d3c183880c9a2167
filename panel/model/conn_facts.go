package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// isProxied reports whether the connection is one of a proxy.
func isProxied(k *Conn) bool { return k != nil && k.reached.Address != "" }

// legOf says on which leg of a proxy a ping was answered: beyond it, as its sender is on this side.
func legOf(k *Conn, ping record.Dir) string {
	switch {
	case !isProxied(k):
		return ""
	case ping == record.Out:
		return " on the upstream leg"
	}
	return " on the client leg"
}

// legFacts says how both legs of a connection came about.
func legFacts(k *Conn) (out []Fact) {
	if k.File != "" {
		out = append(out, Fact{"File", safe(k.File), "that the connection was read from"})
	}
	if k.Node != "" {
		out = append(out, Fact{"Node", safe(k.Node), "that the connection is on"})
	}
	if k.Program != (record.Program{}) {
		out = append(out, Fact{"Program", safe(k.Program.String()), "process that opened the connection"})
	}
	if page := record.Field(k.request, "origin"); page != "" {
		out = append(out, Fact{"Page", safe(page), "Origin of the request"})
	}
	add := func(name string, ns int64, note string) {
		if ns > 0 {
			out = append(out, Fact{name, format.Duration(ns), note})
		}
	}
	add("Client leg", int64(k.waited), "from accept to end of request, TLS included")
	if k.asked != 0 && k.replied != 0 {
		add("Response time", max(1, k.replied-k.asked), "from the request to the response sent to the client")
	}
	if r := k.reached; isProxied(k) {
		out = append(out, Fact{"Upstream leg", safe(r.Address), "address connected to"})
	}
	add("Name lookup", int64(k.reached.Lookup), "")
	add("TCP connect", int64(k.reached.Connect), "")
	add("TLS handshake", int64(k.reached.TLS), "")
	add("Target response time", int64(k.reached.Response), "from the request sent to the head of the response")
	return out
}
