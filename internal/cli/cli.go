package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tetherscope/tetherscope/internal/manual"
)

// The exit codes.
const (
	ExitDone       = 0
	ExitFound      = 1
	ExitUsage      = 2
	ExitDamaged    = 3
	ExitUnfinished = 4
)

// IO is what a command reads and writes. Tests replace the terminal.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Version  string // of the program
	Progress bool   // show progress on Err: it is a terminal

	output io.Writer // Out without a filter: for who filters, and colors, by itself
	screen io.Writer // Err without a filter, for cursor controls of our own; nil for Err

	// What the commands about the program itself need of the server, which this package does not import.
	Server      manual.Command          // the program without a command, for the manual
	Launches    []manual.Command        // commands of the server's own
	Build       string                  // what version prints after the version
	CheckConfig func(name string) error // says what is wrong in a configuration file; "" is that of the current folder

	describe func(set *flag.FlagSet, usage string) // set: parse calls it instead of parsing
}

// Terminal returns the program's own input and output. Progress is shown when standard error is a terminal.
func Terminal(version string) *IO {
	info, err := os.Stderr.Stat()
	return &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Version: version,
		Progress: err == nil && info.Mode()&os.ModeCharDevice != 0,
	}
}

// command is one of the subcommands.
type command struct {
	name, summary string
	run           func(ctx context.Context, io *IO, args []string) error
}

func commands() []command {
	return []command{
		{"record", "record the traffic of a running server to a file", runRecord},
		{"show", "print a capture, or the live traffic of a running server, one line per frame", runShow},
		{"find", "look through captures for records that match a query", runFind},
		{"compare", "compare two captures: what is missing, new, changed or slower; exit code 1 when they differ", runCompare},
		{"rules", "try rules on a capture: which records they match, and what would change", runRules},
		{"lint", "list violations of RFC 6455 and RFC 7692 in a capture; exit code 1 when there are any", runLint},
		{"replay", "replay one side of a capture to a server or client, and compare the responses", runReplay},
		{"mock", "serve the responses of a capture as a mock server", runMock},
		{"send", "send a message on a tapped connection, or on a new one", runSend},
		{"connect", "open a connection and speak on it: from the keyboard, or lines from a pipe", runConnect},
		{"requests", "run a file of requests: connect, send, wait, check; exit code 1 when one fails", runRequests},
		{"convert", "convert a capture: .tscap, .jsonl, .har, .pcapng", runConvert},
		{"mcp", "let a coding agent read the traffic of a running server, by the Model Context Protocol", runMCP},
		{"help", "print the help of a command", runHelp},
		{"completion", "print a script that completes commands and flags: bash, zsh, fish, powershell", runCompletion},
		{"config", "check a configuration file", runConfig},
		{"version", "print the version, its commit, Go release and the hash of the assets inside", runVersion},
		{"man", "print the man page of a command, or of the server", runMan},
	}
}

// summary lists the commands, a line for each.
func (o *IO) summary() string {
	var b strings.Builder
	for _, c := range o.Launches {
		fmt.Fprintf(&b, "  tetherscope %-10s %s\n", c.Name, c.Summary)
	}
	for _, c := range commands() {
		fmt.Fprintf(&b, "  tetherscope %-10s %s\n", c.name, c.summary)
	}
	return b.String()
}

// Run runs the command args[0] until it is done or ctx ends, and returns its exit code. Errors are printed on io.Err. Nothing of what peers
// or captures say reaches io.Out or io.Err as a control character: see [terminal.Writer].
func Run(ctx context.Context, io *IO, args []string) int {
	safe, flush := io.filtered()
	defer flush()
	return run(ctx, safe, args)
}

func run(ctx context.Context, io *IO, args []string) int {
	c, err := io.find(args[0])
	if err != nil {
		io.notice("tetherscope: %v\n\n", err)
		io.text(io.summary() + "\nWithout a command it serves: tetherscope -help\n")
		return ExitUsage
	}
	err = c.run(ctx, io, args[1:])
	var e *exitError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return ExitDone
	case !errors.As(err, &e):
		e = &exitError{ExitUsage, err}
	}
	if e.err != nil {
		io.notice("tetherscope %s: %v\n", c.name, e.err)
	}
	return e.code
}

// exitError is an exit code and what to say, if anything.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d: %v", e.code, e.err) }
func (e *exitError) Unwrap() error { return e.err }

// parse parses flags that may stand before and behind the arguments. usage is the help's text before the flags. Help that
// was asked for is output, for a pager; errors go to standard error.
func parse(f *flag.FlagSet, o *IO, usage string, args []string) (rest []string, err error) {
	if o.describe != nil {
		o.describe(f, usage)
		return nil, flag.ErrHelp
	}
	f.SetOutput(io.Discard)
	for {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			_, _ = fmt.Fprintf(o.Out, "%s\nFlags:\n", usage) // an error means that the reader has gone away
			f.SetOutput(o.Out)
			f.PrintDefaults()
			return nil, err
		} else if err != nil {
			return nil, fmt.Errorf("%w (tetherscope %s -help lists the flags)", manual.FlagError(f, err), f.Name())
		}
		args = f.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}
