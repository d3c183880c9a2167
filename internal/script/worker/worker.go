package worker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// Exit codes of the process.
const (
	ExitDone   = 0
	ExitMemory = 5 // the script used more memory than it may
	exitBroken = 6 // the pipe said something else than it should
)

// maxStack is how many bytes the stack of the interpreter may have.
const maxStack = 64 << 20

// Run answers frames from in on out until in ends, and returns the exit code of the process.
func Run(in io.Reader, out io.Writer) int {
	runtime.GOMAXPROCS(2) // the script, and the look at its memory
	debug.SetMaxStack(maxStack)
	var w worker
	for {
		v, err := wire.Read(in)
		if errors.Is(err, io.EOF) {
			return ExitDone
		}
		var reply *wire.Reply
		switch v := v.(type) {
		case *wire.Load:
			reply = w.load(v)
		case *wire.Message:
			reply = w.message(v)
		default:
			return exitBroken
		}
		if wire.Write(out, reply) != nil {
			return ExitDone // the program has ended
		}
	}
}

// worker is the script that was loaded, and its limits.
type worker struct {
	script *script
	memory uint64
}

// load reads a script.
func (w *worker) load(l *wire.Load) *wire.Reply {
	w.memory = l.Memory
	debug.SetMemoryLimit(int64(l.Memory / 4 * 3))
	if l.Hard {
		if err := limitMemory(2*l.Memory + ownMemory); err != nil {
			return &wire.Reply{Error: fmt.Sprintf("the memory of the script's worker cannot be bounded: %v", err)}
		}
	}
	defer w.watch()()
	out := output{}
	s, err := read(l, &out)
	w.script = s
	return out.reply(err)
}

// message gives the script a message.
func (w *worker) message(m *wire.Message) *wire.Reply {
	if w.script == nil {
		return &wire.Reply{Error: "no script is loaded"}
	}
	defer w.watch()()
	out := output{}
	made, err := w.script.call(m, &out)
	reply := out.reply(err)
	if err == nil {
		made.fill(reply)
	}
	return reply
}

// watch looks at the memory while the script runs, and ends the process when it is too much. The result ends that.
func (w *worker) watch() (stop func()) {
	end := make(chan struct{})
	go look(end, func() bool {
		if heap() <= w.memory {
			return true
		}
		os.Exit(ExitMemory)
		return false
	})
	return func() { close(end) }
}
