package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/terminal"
)

// Scripting is the script that decides about messages before the fault rules. The zero value is none.
type Scripting struct {
	File   string
	Strict bool // a connection is closed when the script fails, rather than the message passed on

	opened *script.Script           // nil before and without it
	watch  *atomic.Pointer[tap.Tap] // gets what the script says as events of its connections, once it is there
}

// check finds combinations that have no meaning, and a file that is not there.
func (o *Scripting) check() error {
	if o.File == "" {
		if o.Strict {
			return errors.New("-script-strict needs -script FILE")
		}
		return nil
	}
	if _, err := os.Stat(o.File); err != nil {
		return fmt.Errorf("-script: %w", err)
	}
	return nil
}

// Open starts the script, if there is to be one, before [New] gets it. What it prints goes to out. [Run] does it itself.
func (o *Scripting) Open(ctx context.Context, out io.Writer) (err error) {
	if o.File == "" {
		return nil
	}
	o.watch = &atomic.Pointer[tap.Tap]{}
	say := func(conn uint32, line string) {
		_, _ = io.WriteString(out, terminal.Line("script %s\n", line))
		if t := o.watch.Load(); t != nil {
			t.Note(conn, "script", line)
		}
	}
	o.opened, err = script.Open(ctx, script.Options{File: o.File, Strict: o.Strict, Log: say})
	if err != nil {
		return fmt.Errorf("-script: %w", err)
	}
	return nil
}

// Close ends the script.
func (o *Scripting) Close() {
	if o.opened != nil {
		o.opened.Close()
	}
}
