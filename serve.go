//go:build !js

// Command tetherscope serves the console, the panel and its own WebSocket endpoints in local development.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/cli"
	"github.com/tetherscope/tetherscope/internal/devserver"
	"github.com/tetherscope/tetherscope/static"
)

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = ""

func main() {
	if len(os.Args) > 1 && cli.Has(os.Args[1]) {
		os.Exit(command(os.Args[1:]))
	}
	switch err := run(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "tetherscope:", err)
		os.Exit(1)
	}
}

// command runs one of the commands of package cli, and returns its exit code.
func command(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, cli.Terminal(devserver.BuildVersion(version)), args)
}

func run(args []string) error {
	opts, err := devserver.ParseFlags(args, os.LookupEnv, os.Stderr)
	if err != nil {
		return err
	}
	opts.Version = devserver.BuildVersion(version)
	if opts.ShowVersion {
		fmt.Println("tetherscope", opts.Version)
		return nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from the first signal on, a second one ends the program at once
	return devserver.Main(ctx, opts, static.Files, os.Stdout)
}
