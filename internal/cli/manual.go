package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/internal/manual"
)

const helpUsage = `tetherscope help [COMMAND] prints the help of a command, as COMMAND -help does; without one that of the server.

  tetherscope help show
`

// runHelp runs the command that is asked about with -help. serve.go handles help without a command, which is the server's.
func runHelp(ctx context.Context, io *IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("help", flag.ContinueOnError), io, helpUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("want one command, not %d names", len(rest))
	}
	c, err := io.find(rest[0])
	if err != nil {
		return err
	}
	return c.run(ctx, io, []string{"-help"})
}

const completionUsage = `tetherscope completion SHELL prints a script that completes commands and flags, for bash, zsh, fish or powershell.

  source <(tetherscope completion bash)        in ~/.bashrc; zsh the same, after compinit
  tetherscope completion fish | source         in ~/.config/fish/config.fish
`

func runCompletion(_ context.Context, io *IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("completion", flag.ContinueOnError), io, completionUsage, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("want one shell of %q, not %d names", manual.Shells(), len(rest))
	}
	return io.program().Completion(io.Out, rest[0])
}

const manUsage = `tetherscope man [COMMAND] prints the man page of a command, or of the server, as roff.

  tetherscope man show | man -l -
  tetherscope man -dir ~/.local/share/man/man1     all of them, for man tetherscope-show
`

func runMan(_ context.Context, io *IO, args []string) error {
	f := flag.NewFlagSet("man", flag.ContinueOnError)
	dir := f.String("dir", "", "write the man page of the program and of each command to this `folder`, which must be there")
	rest, err := parse(f, io, manUsage, args)
	if err != nil {
		return err
	}
	name := ""
	switch {
	case *dir != "" && len(rest) > 0:
		return fmt.Errorf("-dir writes all pages: leave out %q", rest)
	case *dir != "":
		return io.program().WritePages(*dir)
	case len(rest) > 1:
		return fmt.Errorf("want one command, not %d names", len(rest))
	case len(rest) == 1:
		name = rest[0]
	}
	return io.program().Page(io.Out, name)
}

const configUsage = `tetherscope config check [FILE] says what would keep the server from starting with a configuration file; exit code 0 when nothing
would. Without a file it reads tetherscope.toml of the current folder.

  target-origin = true
  rules = "dir:in => delay 100ms"
  [targets]
  api = "ws://localhost:8080/ws"

Settings: targets, target-origin, rules, ring, snap, max-message, redact, log-frames, log: each as the flag of that name;
rules is the text of a file for -faults. The command line comes before the environment, the environment before the file.
`

func runConfig(_ context.Context, io *IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("config", flag.ContinueOnError), io, configUsage, args)
	if err != nil {
		return err
	}
	if len(rest) < 1 || len(rest) > 2 || rest[0] != "check" {
		return fmt.Errorf("want check and at most one file: tetherscope config check [FILE]")
	}
	return io.CheckConfig(strings.Join(rest[1:], ""))
}

const versionUsage = `tetherscope version prints the version, the commit and the Go release it was built from, and the hash of the assets inside.
`

func runVersion(_ context.Context, io *IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("version", flag.ContinueOnError), io, versionUsage, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("want no arguments, not %q", rest)
	}
	_, err = fmt.Fprintf(io.Out, "tetherscope %s\n%s", io.Version, io.Build)
	return err
}

// program describes the whole program. Each command describes itself: its run function is called up to where it parses
// its flags, and no further.
func (o *IO) program() *manual.Program {
	p := &manual.Program{Name: "tetherscope", Version: o.Version, Commands: append([]manual.Command{o.Server}, o.Launches...)}
	for _, c := range commands() {
		described := manual.Command{Name: c.name, Summary: c.summary}
		probe := &IO{Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }, describe: func(f *flag.FlagSet, usage string) {
			described.Usage, described.Flags = usage, manual.Flags(f)
		}}
		_ = c.run(context.Background(), probe, nil) // flag.ErrHelp, by parse
		p.Commands = append(p.Commands, described)
	}
	return p
}

// find returns the command of a name.
func (o *IO) find(name string) (command, error) {
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, c := range o.Launches {
		names = append(names, c.Name)
	}
	for _, c := range all {
		names = append(names, c.name)
	}
	return command{}, fmt.Errorf("there is no command %q%s", name, manual.DidYouMean(name, names))
}
