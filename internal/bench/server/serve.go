package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"testing/fstest"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/auth"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/server"
)

// The ways in which our server runs.
const (
	tapped   = "tapped"
	untapped = "untapped"
	secured  = "secured" // untapped, with TLS
	bare     = "bare"    // untapped, without the memory that makes it like the tapped one to the garbage collector
)

// secret signs the load generator's token. It protects nothing: the server is on loopback and ends with the benchmark.
var secret = []byte("a secret of the benchmark, 32 bytes")

// many is a limit that no scenario reaches.
const many = 1 << 20

// beServer runs our server with its limits out of the way, and prints its address.
func beServer(ctx context.Context, how string) error {
	key, err := auth.NewSecret("bench", secret)
	if err != nil {
		return err
	}
	withTap := how == tapped
	var ballast []byte
	if !withTap && how != bare {
		ballast = make([]byte, ring.DefaultSize)
	}
	c := server.Config{
		Addr: "127.0.0.1:0", Assets: fstest.MapFS{}, MaxSockets: many,
		Heartbeat: time.Hour, // the load generator answers no pings
		Untapped:  !withTap, TLS: how == secured,
		App: app.Config{Keys: []auth.Key{key}, Limits: app.Limits{
			Messages: 8, Period: 1, // a nanosecond: as many as come
			AddressMessages: many * many, AddressDials: many, AddressClients: many, Clients: many,
		}},
	}
	err = server.Run(ctx, c, io.Discard, func(at string) {
		if u, err := url.Parse(at); err == nil {
			fmt.Println(u.Host)
		}
	})
	runtime.KeepAlive(ballast)
	return err
}

// token lets the load generator into the chat.
func token() (string, error) {
	key, err := auth.NewSecret("bench", secret)
	if err != nil {
		return "", err
	}
	v, err := auth.NewVerifier(auth.Options{Keys: []auth.Key{key}, Audience: app.Audience})
	if err != nil {
		return "", err
	}
	return v.Issue("bench", time.Now(), time.Hour)
}
