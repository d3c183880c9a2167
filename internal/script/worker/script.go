package worker

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"go.starlark.net/lib/json"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// dialect is Starlark with while, sets and statements outside of functions. Recursion stays an error.
var dialect = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}

// script is a script that was read.
type script struct {
	name    string
	message *starlark.Function
	steps   uint64
}

// read runs a script once, which defines its function message.
func read(l *wire.Load, out *output) (*script, error) {
	s := &script{name: l.Name, steps: l.Steps}
	if !utf8.Valid(l.Source) {
		return nil, fmt.Errorf("%s: the script is not UTF-8", l.Name)
	}
	names := starlark.StringDict{
		"json": json.Module, "drop": drop{}, "state": starlark.NewDict(0),
		"close": starlark.NewBuiltin("close", newClosing), "answer": starlark.NewBuiltin("answer", newReturned),
	}
	globals, err := starlark.ExecFileOptions(dialect, s.thread(out), l.Name, l.Source, names)
	if err != nil {
		return nil, s.place(err)
	}
	f, ok := globals["message"].(*starlark.Function)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: there is no function message: write “def message(m):” and its lines", l.Name)
	case f.NumParams() != 1 || f.HasVarargs() || f.HasKwargs() || f.NumKwonlyParams() > 0:
		return nil, fmt.Errorf("%s: message takes one argument: write “def message(m):”", f.Position())
	}
	s.message = f
	return s, nil
}

// thread returns what counts the steps of one call.
func (s *script) thread(out *output) *starlark.Thread {
	t := &starlark.Thread{Name: s.name, Print: func(_ *starlark.Thread, text string) { out.print(text) }}
	t.Load = func(*starlark.Thread, string) (starlark.StringDict, error) { return nil, errLoad }
	t.SetMaxExecutionSteps(s.steps)
	t.OnMaxSteps = func(t *starlark.Thread) { t.Cancel(fmt.Sprintf("more than %d steps", s.steps)) }
	return t
}

var errLoad = errors.New("a script is one file and loads no other one")

// call gives the script a message.
func (s *script) call(m *wire.Message, out *output) (result, error) {
	arg := newMessage(m)
	v, err := starlark.Call(s.thread(out), s.message, starlark.Tuple{arg}, nil)
	if err != nil {
		return result{}, s.place(err)
	}
	made, err := resultOf(arg, v)
	if err != nil {
		return result{}, fmt.Errorf("%s: message returned %w", s.message.Position(), err)
	}
	return made, nil
}

// place returns an error with its place first: file:line:column.
func (s *script) place(err error) error {
	var bad syntax.Error
	var unresolved resolve.ErrorList
	var failed *starlark.EvalError
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("%s: %s", bad.Pos, bad.Msg)
	case errors.As(err, &unresolved) && len(unresolved) > 0:
		return fmt.Errorf("%s: %s", unresolved[0].Pos, unresolved[0].Msg)
	case errors.As(err, &failed):
		for i := range failed.CallStack {
			if at := failed.CallStack.At(i).Pos; at.Filename() == s.name {
				return fmt.Errorf("%s: %s", at, failed.Msg)
			}
		}
	}
	return fmt.Errorf("%s: %w", s.name, err)
}
