package rebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Supervisor runs the server of the repository at Root and keeps it up to date.
type Supervisor struct {
	Root    string   // folder with go.mod
	Ready   string   // a server of these sources that was built already, by [Tag]: it serves while the rest is built; "" for none
	Args    []string // of the server
	Secret  string   // handed to each server as [SecretEnv]
	Out     io.Writer
	ErrOut  io.Writer
	builder builder
	child   *child
	running []byte // the bytes of the server that runs
}

// Run builds, starts the server and follows the source files until ctx ends or the server ends by itself.
func (s *Supervisor) Run(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.Root, "go.mod")); err != nil {
		return fmt.Errorf("-dev works on the sources of tetherscope: start it in the repository (%w)", err)
	}
	dir, err := os.MkdirTemp("", "tetherscope-dev-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is in the system's folder for such things
	s.builder = builder{s.Root, dir}
	first, err := s.start(ctx)
	if s.child == nil {
		return err // nil when ctx ended during the build
	}
	defer func() { s.child.stop() }()
	return s.follow(ctx, first)
}

// start starts the server: the one that is ready, or else one that is built now. It returns what is left to be built.
func (s *Supervisor) start(ctx context.Context) (change, error) {
	if s.Ready != "" {
		program, err := os.ReadFile(s.Ready)
		if err != nil {
			return change{}, err
		}
		return change{code: true}, s.run(program)
	}
	_, _ = fmt.Fprintln(s.Out, "Building…")
	if err := s.builder.build(ctx); err != nil {
		if ctx.Err() != nil {
			return change{}, nil
		}
		return change{}, fmt.Errorf("the sources do not compile:\n%w", err)
	}
	if _, err := s.builder.install(); err != nil {
		return change{}, err
	}
	_, err := s.restart()
	return change{}, err
}

// follow handles changes one after the other, beginning with first: those made during a build are the next one.
func (s *Supervisor) follow(ctx context.Context, first change) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, failed := make(chan change, 1), make(chan error, 1)
	if first != (change{}) {
		changes <- first
	}
	go func() {
		failed <- watch(ctx, s.Root, func(c change) {
			select {
			case changes <- c:
			case old := <-changes:
				changes <- change{c.code || old.code, c.assets || old.assets}
			}
		})
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-s.child.done:
			if s.child.err != nil {
				return errors.New("the server ended; what it said stands above")
			}
			return nil
		case c := <-changes:
			s.update(ctx, c)
		}
	}
}

// update brings the server and the pages up to date with a change.
func (s *Supervisor) update(ctx context.Context, c change) {
	restarted, programs := false, false
	err := error(nil)
	if c.code {
		restarted, programs, err = s.rebuild(ctx)
	}
	switch {
	case ctx.Err() != nil || s.child.ended():
	case err != nil:
		_, _ = fmt.Fprintf(s.ErrOut, "\n%v\n\nThe last version that compiled goes on.\n", err)
		s.child.tell(Notice{Event: "build-error", Text: err.Error()})
	case restarted:
		_, _ = fmt.Fprintln(s.Out, "Rebuilt: the server was restarted.")
	case programs || c.assets:
		_, _ = fmt.Fprintln(s.Out, "Rebuilt: the pages reload.")
		s.child.tell(Notice{Event: "reload"})
	default:
		s.child.tell(Notice{Event: "build-ok"}) // takes back an error that was shown
	}
}

// rebuild builds everything and, if all of it compiles, puts it to use.
func (s *Supervisor) rebuild(ctx context.Context) (restarted, programs bool, err error) {
	ctx, cancel := s.child.lifetime(ctx) // nothing is built for a server that ended by itself
	defer cancel()
	if err := s.builder.build(ctx); err != nil {
		return false, false, err
	}
	if programs, err = s.builder.install(); err != nil {
		return false, programs, err
	}
	restarted, err = s.restart()
	return restarted, programs, err
}

// restart replaces the running server if the one that was built is another.
func (s *Supervisor) restart() (bool, error) {
	built := filepath.Join(s.builder.dir, serverName)
	program, err := os.ReadFile(built)
	if err != nil {
		return false, err
	}
	if bytes.Equal(program, s.running) {
		return false, nil
	}
	return true, s.run(program)
}

// run starts program in the place of the running server.
func (s *Supervisor) run(program []byte) error {
	which := First
	if s.child != nil {
		which = Again
		s.child.stop()
	}
	// The child runs a copy: some systems refuse writes to a program that runs.
	name := filepath.Join(s.builder.dir, serverName+"-running")
	if err := os.WriteFile(name, program, 0o755); err != nil { //nolint:gosec // it must be executable
		return err
	}
	next, err := startChild(name, which, s.Secret, s.Args, s.Out, s.ErrOut)
	if err != nil {
		return err
	}
	s.child, s.running = next, program
	return nil
}
