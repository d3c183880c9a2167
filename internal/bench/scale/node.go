package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/cluster"
)

// secret signs tokens. It protects nothing: the cluster is on loopback and ends with the benchmark.
const secret = "a secret of the benchmark, 32 bytes"

// redisEnv says to a node where Redis is.
const redisEnv = "TETHERSCOPE_REDIS"

// node serves the application until ctx ends, as the program does, but not tapped.
func node(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("node", flag.ContinueOnError)
	f := app.Flags{Log: slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	f.Register(set)
	addr := set.String("addr", "", "")
	front := set.String("allow-origin", "", "")
	if err := set.Parse(append([]string{"-redis", os.Getenv(redisEnv)}, args...)); err != nil {
		return err
	}
	cfg, err := f.Config()
	if err != nil {
		return err
	}
	cfg.Origins = []string{*front}
	a, err := app.New(cfg)
	if err != nil {
		return err
	}
	defer func() { _ = cfg.Sessions.Close() }() // this process ends
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 5 * time.Second}
	gone := make(chan struct{})
	context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = a.Drain(late) // what has not left by then is cut off
		_ = a.Close()
		_ = srv.Close()
		close(gone)
	})
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-gone
	return nil
}

// command returns how a node is started.
func command(i int, addr, redisURL, front string) *exec.Cmd {
	args := []string{
		beNode, "-addr", addr, "-allow-origin", front, "-trusted-proxy", "127.0.0.1/32", "-jwt-secret", secret, "-node", fmt.Sprintf("node%d", i+1),
	}
	cmd := exec.Command(os.Args[0], append(args, cluster.LoadFlags()...)...)
	cmd.Env = append(os.Environ(), redisEnv+"="+redisURL) // it has a password, which no process list is to show
	return cmd
}
