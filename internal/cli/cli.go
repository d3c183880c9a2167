package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit codes.
const (
	ExitDone       = 0
	ExitFound      = 1
	ExitUsage      = 2
	ExitDamaged    = 3
	ExitUnfinished = 4
)

// IO is what a command reads and writes, so that tests can stand in for a terminal.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Version  string // of the program
	Progress bool   // show progress on Err: it is a terminal
}

// Terminal returns the program's own input and output. Progress is shown when standard error is a terminal.
func Terminal(version string) *IO {
	info, err := os.Stderr.Stat()
	return &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Version: version,
		Progress: err == nil && info.Mode()&os.ModeCharDevice != 0,
	}
}

// say tells something on standard error. If that fails there is nobody to tell.
func (o *IO) say(format string, args ...any) { _, _ = fmt.Fprintf(o.Err, format, args...) }

// command is one of the subcommands.
type command struct {
	name, summary string
	run           func(ctx context.Context, io *IO, args []string) error
}

func commands() []command {
	return []command{
		{"record", "write what a running server's tap sees to a file, as it happens", runRecord},
		{"show", "print a capture, or what happens on a running server, one line per frame", runShow},
		{"lint", "list broken rules of RFC 6455 and RFC 7692 in a capture; exit code 1 when there are any", runLint},
		{"replay", "play one end of a capture to a real server or client, and compare what comes back", runReplay},
		{"mock", "make a server of a capture", runMock},
		{"send", "put a message into a tapped connection, or into one of its own", runSend},
		{"convert", "turn a capture into another format: .tscap, .jsonl, .har, .pcapng", runConvert},
	}
}

// summary lists the commands, a line for each.
func summary() string {
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "  tetherscope %-8s %s\n", c.name, c.summary)
	}
	return b.String()
}

// Run runs the command args[0] until it is done or ctx ends, and returns its exit code. What went wrong it has told on
// io.Err.
func Run(ctx context.Context, io *IO, args []string) int {
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, io, args[1:])
		var e *exitError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return ExitDone
		case !errors.As(err, &e):
			e = &exitError{ExitUsage, err}
		}
		if e.err != nil {
			io.say("tetherscope %s: %v\n", c.name, e.err)
		}
		return e.code
	}
	io.say("tetherscope: there is no command %q\n\n%s\nWithout a command it serves: tetherscope -help\n", args[0], summary())
	return ExitUsage
}

// exitError is an exit code and what to say, if anything.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d: %v", e.code, e.err) }
func (e *exitError) Unwrap() error { return e.err }

// parse parses flags that may stand before and behind the arguments. usage is the help's text before the flags. Help that
// was asked for is output, for a pager; what is wrong is told on standard error, with where to find help.
func parse(f *flag.FlagSet, o *IO, usage string, args []string) (rest []string, err error) {
	f.SetOutput(io.Discard)
	for {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			_, _ = fmt.Fprintf(o.Out, "%s\nFlags:\n", usage) // whoever asked and went away wants no more
			f.SetOutput(o.Out)
			f.PrintDefaults()
			return nil, err
		} else if err != nil {
			return nil, fmt.Errorf("%w (tetherscope %s -help lists the flags)", err, f.Name())
		}
		args = f.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}
