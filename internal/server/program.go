package server

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/peer"
)

// programFinder returns what finds the program that sent a request.
func programFinder() func(r *http.Request) record.Program {
	finder := peer.New()
	return func(r *http.Request) record.Program {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if local == nil {
			return record.Program{}
		}
		client, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return record.Program{}
		}
		server, err := netip.ParseAddrPort(local.String())
		if err != nil {
			return record.Program{}
		}
		return finder.Program(client, server)
	}
}
