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
	"strings"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/cli"
	"github.com/tetherscope/tetherscope/internal/devserver"
	"github.com/tetherscope/tetherscope/static"
)

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = ""

func main() {
	if args := os.Args[1:]; len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		os.Exit(command(args))
	}
	os.Exit(serve(os.Args[1:]))
}

// command runs one of the commands of package cli, and returns its exit code.
func command(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, cli.Terminal(devserver.BuildVersion(version)), args)
}

// serve runs the server as its flags say, and returns its exit code: as with the commands, 2 is wrong usage.
func serve(args []string) int {
	opts, err := devserver.ParseFlags(args, os.LookupEnv, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tetherscope:", err)
		return cli.ExitUsage
	}
	opts.Version = devserver.BuildVersion(version)
	if opts.ShowVersion {
		fmt.Println("tetherscope", opts.Version)
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from the first signal on, a second one ends the program at once
	if err := devserver.Main(ctx, opts, static.Files, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tetherscope:", err)
		return 1
	}
	return 0
}
