package jsbridge

import (
	"bytes"
	"sync/atomic"
	"syscall/js"
	"time"
	"unicode/utf8"
)

// plain is a socket over syscall/js alone. Its callbacks run within a browser event: they take no lock and never wait.
type plain struct {
	ws      js.Value
	handler Handler
	events  []event
	gone    atomic.Bool // closed or abandoned: no event counts any more
	left    int         // bytes that had not left when it was closed
	watch   watch
}

// event is one callback and the property of the WebSocket that holds it.
type event struct {
	property string
	f        js.Func
}

// DialPlain starts to connect a socket over syscall/js. See [DialFunc].
func DialPlain(url string, subprotocols []string, h Handler) (s Socket, err error) {
	p := &plain{handler: h}
	if err := p.construct(url, subprotocols); err != nil {
		return nil, err
	}
	p.ws.Set("binaryType", "arraybuffer") // blobs would be read asynchronously, out of order
	p.on("onopen", p.opened)
	p.on("onmessage", p.received)
	p.on("onclose", p.closed)
	p.on("onerror", p.failed)
	return p, nil
}

// construct turns the exception of a refusing constructor into an error.
func (p *plain) construct(url string, subprotocols []string) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			e, ok := thrown.(js.Error)
			if !ok {
				panic(thrown)
			}
			err = e
		}
	}()
	p.ws = js.Global().Get("WebSocket").New(url, anys(subprotocols))
	return nil
}

func (p *plain) on(property string, handle func(e js.Value)) {
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if !p.gone.Load() {
			handle(args[0])
		}
		return nil
	})
	p.ws.Set(property, f)
	p.events = append(p.events, event{property, f})
}

func (p *plain) opened(js.Value) {
	p.handler.Opened(p.ws.Get("protocol").String(), p.ws.Get("extensions").String())
}

func (p *plain) received(e js.Value) {
	data := e.Get("data")
	if data.Type() == js.TypeString {
		p.handler.Received(true, []byte(data.String()))
		return
	}
	view := js.Global().Get("Uint8Array").New(data)
	b := make([]byte, view.Length())
	js.CopyBytesToGo(b, view)
	p.handler.Received(false, b)
}

func (p *plain) closed(e js.Value) {
	p.end(uint16(e.Get("code").Int()), e.Get("reason").String(), e.Get("wasClean").Bool())
}

func (p *plain) end(code uint16, reason string, clean bool) {
	p.left = p.BufferedAmount()
	p.release()
	p.handler.Closed(code, reason, clean)
}

const (
	// closeFollows is how long after "error" the event "close" may come: in Node they are apart.
	closeFollows = 50 * time.Millisecond
	// abnormalClosure is the code of an end without a close frame (RFC 6455 §7.1.5).
	abnormalClosure = 1006
)

// failed: "error" says nothing, and "close" follows it, but for an attempt in Node, and one that the page's content security
// policy forbids.
func (p *plain) failed(js.Value) {
	time.AfterFunc(closeFollows, func() {
		if p.gone.Load() {
			return
		}
		if state := p.ws.Get("readyState").Int(); state == readyStateConnecting || state == readyStateClosed {
			p.end(abnormalClosure, "", false)
		}
	})
}

// release ends the socket's events and gives its callbacks back, which would otherwise live, with all they refer to, as
// long as the program. It reports whether it was the first to do so.
func (p *plain) release() bool {
	if p.gone.Swap(true) {
		return false
	}
	p.watch.stop()
	for _, e := range p.events {
		p.ws.Set(e.property, js.Null())
		e.f.Release()
	}
	return true
}

// The values of WebSocket.readyState.
const (
	readyStateConnecting = 0
	readyStateOpen       = 1
	readyStateClosed     = 3
)

// Send implements [Socket].
func (p *plain) Send(text bool, b []byte) (buffered int, ok bool) {
	if p.gone.Load() || p.ws.Get("readyState").Int() != readyStateOpen {
		return p.BufferedAmount(), false
	}
	p.send(text, b)
	return p.BufferedAmount(), true
}

func (p *plain) send(text bool, b []byte) {
	if text && !bytes.HasPrefix(b, byteOrderMark) {
		p.ws.Call("send", string(b))
		return
	}
	view := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(view, b)
	if text {
		view = decodeKeepingMark(view)
	}
	p.ws.Call("send", view)
}

// byteOrderMark, at the start of a text, is lost when syscall/js makes a JavaScript string of it.
var byteOrderMark = utf8.AppendRune(nil, '\uFEFF')

func decodeKeepingMark(view js.Value) js.Value {
	options := js.ValueOf(map[string]any{"ignoreBOM": true})
	return js.Global().Get("TextDecoder").New("utf-8", options).Call("decode", view)
}

// BufferedAmount implements [Socket].
func (p *plain) BufferedAmount() int {
	if p.gone.Load() {
		return p.left
	}
	return p.ws.Get("bufferedAmount").Int()
}

// Close implements [Socket].
func (p *plain) Close(code uint16, reason string) {
	switch {
	case p.gone.Load():
	case code == 0:
		p.ws.Call("close")
	default:
		p.ws.Call("close", code, reason)
	}
}

// Abandon implements [Socket].
func (p *plain) Abandon() {
	if p.release() {
		p.ws.Call("close") // without a code it never throws, and it ends a connecting socket too
	}
}
