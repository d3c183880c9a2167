package main

import (
	"errors"
	"io"
	"syscall/js"

	"github.com/tetherscope/tetherscope/panel/controller"
)

// pieceSize is how much of a file is read at a time. Between two pieces the page lives on.
const pieceSize = 256 << 10

// blob reads a JavaScript Blob. Only one goroutine may read it.
type blob struct {
	js   js.Value
	at   int
	size int
	left []byte
	buf  []byte
}

func newBlob(v js.Value) *blob { return &blob{js: v, size: v.Get("size").Int()} }

// Read waits for the browser, and so must not run on the goroutine of a callback.
func (b *blob) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		if b.at >= b.size {
			return 0, io.EOF
		}
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

func (b *blob) next() error {
	end := min(b.at+pieceSize, b.size)
	piece, err := await(b.js.Call("slice", b.at, end).Call("arrayBuffer"))
	if err != nil {
		return err
	}
	bytes := js.Global().Get("Uint8Array").New(piece)
	if cap(b.buf) == 0 {
		b.buf = make([]byte, pieceSize)
	}
	b.left = b.buf[:js.CopyBytesToGo(b.buf, bytes)]
	b.at = end
	return nil
}

// await waits for a promise.
func await(promise js.Value) (js.Value, error) {
	type answer struct {
		value js.Value
		err   error
	}
	done := make(chan answer, 1)
	kept := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- answer{value: args[0]}
		return nil
	})
	defer kept.Release()
	broken := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- answer{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	defer broken.Release()
	promise.Call("then", kept, broken)
	a := <-done
	return a.value, a.err
}

// files hands dropped and chosen files to the controller for as long as the page lives.
func (p *browserPage) files(ctrl *controller.Controller) {
	p.js.Call("files", js.FuncOf(func(_ js.Value, args []js.Value) any {
		list := make([]controller.File, args[0].Length())
		for i := range list {
			one := args[0].Index(i)
			b := newBlob(one.Get("blob"))
			list[i] = controller.File{Name: one.Get("name").String(), Size: int64(b.size), Reader: b, Again: func() io.Reader { return newBlob(b.js) }}
		}
		go ctrl.Open(list...)
		return nil
	}))
}

// OpenFile implements controller.Page.
func (p *browserPage) OpenFile() { p.js.Call("openFile") }

// Network implements controller.Page.
func (p *browserPage) Network() { p.js.Call("network") }

// Share implements controller.Page.
func (p *browserPage) Share(name string, capture []byte, done func(problem string)) {
	bytes := js.Global().Get("Uint8Array").New(len(capture))
	js.CopyBytesToJS(bytes, capture)
	var f js.Func
	f = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done(args[0].String())
		f.Release()
		return nil
	})
	p.js.Call("share", name, bytes, f)
}
