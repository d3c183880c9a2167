//go:build !js

// Command tetherscope serves the console, the panel and its own WebSocket endpoints in local development.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/cli"
	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/script/worker"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/terminal"
	"github.com/tetherscope/tetherscope/static"
)

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = ""

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		os.Exit(serve(args))
	case args[0] == script.WorkerArg: // this program has started it
		os.Exit(worker.Run(os.Stdin, os.Stdout))
	case args[0] == "serve": // the same by its name
		os.Exit(serve(args[1:]))
	case len(args) == 1 && args[0] == "help":
		os.Exit(serve([]string{"-help"}))
	case isLaunch(args[0]):
		os.Exit(launch(args[0], args[1:]))
	case len(args) == 2 && args[0] == "help" && isLaunch(args[1]):
		os.Exit(launch(args[1], []string{"-help"}))
	}
	os.Exit(command(args))
}

func isLaunch(word string) bool { return word == "browse" || word == "run" || word == "attach" }

// launch serves while a browser or a command runs, or a browser is attached to, and returns the exit code.
func launch(word string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return server.RunCommand(ctx, word, args, server.BuildVersion(version), static.Files)
}

// command runs one of the commands of package cli, and returns its exit code.
func command(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	terminal := cli.Terminal(server.BuildVersion(version))
	terminal.Server, terminal.Build, terminal.CheckConfig = server.Manual(), server.Build(static.Files), server.CheckConfig
	terminal.Launches = server.LaunchCommands()
	return cli.Run(ctx, terminal, args)
}

// serve runs the server as its flags say, and returns its exit code: as with the commands, 2 is wrong usage.
func serve(args []string) int {
	out, errs := terminal.NewWriter(os.Stdout), terminal.NewWriter(os.Stderr)
	opts, err := server.ParseFlags(args, os.LookupEnv, out)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = io.WriteString(errs, terminal.Line("tetherscope: %v\n", err))
		return cli.ExitUsage
	}
	opts.Version = server.BuildVersion(version)
	if opts.ShowVersion {
		fmt.Println("tetherscope", opts.Version)
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from the first signal on, a second one ends the program at once
	if err := server.Main(ctx, opts, static.Files, out); err != nil {
		_, _ = io.WriteString(errs, terminal.Line("tetherscope: %v\n", err))
		return 1
	}
	return 0
}
