package jsbridge

import (
	"bytes"
	"errors"
	"sync"
	"syscall/js"
	"unsafe"
)

// bridge is this program's end of static/bridge.js. A mutex guards it, which no code holds that waits, and which calls
// from JavaScript never take: those only wake the pump.
type bridge struct {
	start, dial, send, buffered, watch, closing, abandon js.Value
	waker                                                js.Value // a callback to wake us by, or null where there is a better way

	once sync.Once // starts the pump with the first socket: a program that never connects pays nothing
	box  *inbox

	mu      sync.Mutex
	last    uint32
	sockets map[uint32]*bridged
}

// page is the bridge of the page that runs this program; nil when the page has not loaded one. It can be found only
// while the program initializes: afterwards nothing of it is left on the global object.
var page = findBridge()

// wakes has room for one wake, which stands for any number.
var wakes = make(chan struct{}, 1)

//go:wasmexport tether_wake
func wake() {
	select {
	case wakes <- struct{}{}:
	default:
	}
}

func findBridge() *bridge {
	v := js.Global().Get("__tetherBridge")
	if v.Type() != js.TypeObject || v.Get("watch").Type() != js.TypeFunction { // none, or that of an older release
		return nil
	}
	b := &bridge{
		start: v.Get("start"), dial: v.Get("dial"), send: v.Get("send"), buffered: v.Get("buffered"), watch: v.Get("watch"),
		closing: v.Get("close"), abandon: v.Get("abandon"),
		waker:   js.Null(),
		sockets: map[uint32]*bridged{},
	}
	if v.Get("needsWakeFunc").Bool() { // a wasm_exec.js whose Go object cannot be resumed directly
		b.waker = js.FuncOf(func(js.Value, []js.Value) any { // never released: it lives as long as the program
			wake()
			return nil
		}).Value
	}
	return b
}

// Bridged reports whether the page has loaded static/bridge.js before it started this program.
func Bridged() bool { return page != nil }

// bridged is a socket behind the bridge.
type bridged struct {
	bridge  *bridge
	id      uint32
	handler Handler
	partial []byte // the pieces so far of a payload that travels in several
	sending []byte // makes what is being sent escape to the heap: a stack may move while its goroutine calls JavaScript
}

// DialBridge starts to connect a socket through the bridge. See [DialFunc]; it must only be called if [Bridged].
func DialBridge(url string, subprotocols []string, h Handler) (Socket, error) {
	return page.open(url, subprotocols, h)
}

func (b *bridge) open(url string, subprotocols []string, h Handler) (Socket, error) {
	b.once.Do(b.run)
	s := &bridged{bridge: b, handler: h}
	b.mu.Lock()
	b.last++
	s.id = b.last
	b.sockets[s.id] = s
	b.mu.Unlock()
	if refused := b.dial.Invoke(s.id, url, anys(subprotocols)).String(); refused != "" {
		b.forget(s.id)
		return nil, errors.New(refused)
	}
	return s, nil
}

func (b *bridge) run() {
	b.box = new(inbox) // on the heap, which never moves, and reachable for good
	b.start.Invoke(int(uintptr(unsafe.Pointer(b.box))), inboxSize, b.waker)
	go b.pump()
}

// pump takes out what JavaScript put into the inbox, each time it is woken, for as long as the program runs.
func (b *bridge) pump() {
	for range wakes {
		b.box.each(b.deliver)
	}
}

// deliver hands one record to its socket's handler, and holds no lock meanwhile: the handler may abandon the socket. The
// pump never waits, and a program for js runs on one thread, so it is not abandoned between the look-up and the handler.
func (b *bridge) deliver(r record, piece []byte) {
	s := b.find(r.socket)
	if s == nil {
		return // abandoned
	}
	if r.kind&recordMore != 0 || s.partial != nil {
		s.collect(r, piece)
		if r.kind&recordMore != 0 {
			return
		}
		piece, s.partial = s.partial, nil
	} else {
		piece = bytes.Clone(piece)
	}
	if r.kind == recordClosed {
		b.forget(s.id)
	}
	s.handle(r, piece)
}

func (b *bridge) find(id uint32) *bridged {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sockets[id]
}

func (s *bridged) collect(r record, piece []byte) {
	if s.partial == nil {
		s.partial = make([]byte, 0, max(int(r.argument), len(piece))) // exact for binary and ASCII
	}
	s.partial = append(s.partial, piece...)
}

func (s *bridged) handle(r record, payload []byte) {
	switch r.kind {
	case recordOpened:
		n := int(r.argument)
		s.handler.Opened(string(payload[:n]), string(payload[n:]))
	case recordText, recordBinary:
		s.handler.Received(r.kind == recordText, payload)
	case recordDrained:
		s.handler.Drained()
	case recordClosed:
		s.handler.Closed(uint16(r.argument), string(payload), r.argument&recordClean != 0)
	}
}

func (b *bridge) forget(id uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sockets, id)
}

// Send implements [Socket]. JavaScript sends from Go's memory, so nothing is copied here.
func (s *bridged) Send(text bool, p []byte) (buffered int, ok bool) {
	s.sending = p
	c := &s.bridge.box.call
	c.socket, c.address, c.length, c.text = s.id, uint32(uintptr(unsafe.Pointer(unsafe.SliceData(p)))), uint32(len(p)), 0
	if text {
		c.text = 1
	}
	s.bridge.send.Invoke()
	s.sending = nil
	return int(c.buffered), c.buffered >= 0
}

// BufferedAmount implements [Socket].
func (s *bridged) BufferedAmount() int { return s.bridge.buffered.Invoke(s.id).Int() }

// Watch implements [Socket].
func (s *bridged) Watch(mark int) { s.bridge.watch.Invoke(s.id, mark) }

// Close implements [Socket].
func (s *bridged) Close(code uint16, reason string) { s.bridge.closing.Invoke(s.id, code, reason) }

// Abandon implements [Socket].
func (s *bridged) Abandon() {
	s.bridge.forget(s.id)
	s.bridge.abandon.Invoke(s.id)
}
