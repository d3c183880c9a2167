package cdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// Error is the browser's refusal of one command.
type Error struct {
	Method  string
	Code    int
	Message string
	Data    string
}

func (e *Error) Error() string {
	if e.Data != "" {
		return fmt.Sprintf("%s: %s (%d): %s", e.Method, e.Message, e.Code, e.Data)
	}
	return fmt.Sprintf("%s: %s (%d)", e.Method, e.Message, e.Code)
}

// Transport carries messages. Read is called by one goroutine at a time, and so is Write; Close ends both.
type Transport interface {
	// Read returns the next message, which is valid until the next call. A [TooLongError] is not the end.
	Read() ([]byte, error)
	Write(message []byte) error
	Close() error
}

// TooLongError says that a message was longer than [MaxMessage], and was passed over.
type TooLongError struct {
	Begin []byte // of the message: its first bytes, at most 1 KiB
	Size  int64  // of the whole, in bytes
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("a message of %d bytes is longer than %d", e.Size, MaxMessage)
}

// Observer sees what no call awaits, on the reading goroutine and in the order of arrival: neither function may block or call
// [Conn.Call]. Either may be nil.
type Observer struct {
	Event   func(session, method string, params json.RawMessage) // every event
	TooLong func(*TooLongError)                                  // messages that were passed over
}

// maxWaiting is how many commands wait for a reply at most.
const maxWaiting = 8192

// Conn is a connection to a browser. Commands carry an ID that their reply repeats; sessions are distinguished by their ID. Its
// methods may be called by any goroutine.
type Conn struct {
	t   Transport
	wmu sync.Mutex // serializes writes

	mu        sync.Mutex
	id        int64
	waiting   map[int64]func(message)
	listeners map[string]map[int64]func(json.RawMessage) // by session ID + " " + method
	observer  Observer
	err       error // why the connection ended
	done      chan struct{}
}

// message is every shape that the protocol sends and receives.
type message struct {
	ID        int64           `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error,omitempty"`
}

// New returns a connection over t, and reads from it until it ends. The caller must Close it.
func New(t Transport) *Conn {
	c := &Conn{
		t:         t,
		waiting:   map[int64]func(message){},
		listeners: map[string]map[int64]func(json.RawMessage){},
		done:      make(chan struct{}),
	}
	go c.read()
	return c
}

// Observe sets what sees every event from now on, in place of the observer before.
func (c *Conn) Observe(o Observer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observer = o
}

func (c *Conn) read() {
	for {
		b, err := c.t.Read()
		if long, ok := errors.AsType[*TooLongError](err); ok {
			c.passOver(long)
			continue
		}
		if err != nil {
			c.Close(fmt.Errorf("the browser ended: %w", err))
			return
		}
		var m message
		if err := json.Unmarshal(b, &m); err != nil {
			c.Close(fmt.Errorf("CDP message is not JSON: %w", err))
			return
		}
		c.dispatch(m)
	}
}

func (c *Conn) passOver(e *TooLongError) {
	c.mu.Lock()
	f := c.observer.TooLong
	c.mu.Unlock()
	if f != nil {
		f(e)
	}
}

// dispatch hands a reply to its caller, or an event to its listeners on the reading goroutine, so that they see events
// in the order in which they came.
func (c *Conn) dispatch(m message) {
	c.mu.Lock()
	if m.ID != 0 {
		f := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if f != nil {
			f(m)
		}
		return
	}
	var fs []func(json.RawMessage)
	for _, f := range c.listeners[m.SessionID+" "+m.Method] {
		fs = append(fs, f)
	}
	all := c.observer.Event
	c.mu.Unlock()
	for _, f := range fs {
		f(m.Params)
	}
	if all != nil {
		all(m.SessionID, m.Method, m.Params)
	}
}

// Call sends one command and decodes its result into result, unless that is nil. A refusal is an [Error].
func (c *Conn) Call(ctx context.Context, session, method string, params, result any) error {
	reply := make(chan message, 1)
	id, err := c.send(session, method, params, func(m message) { reply <- m })
	if err != nil {
		return err
	}
	defer c.forget(id)
	select {
	case r := <-reply:
		return decodeReply(method, r, result)
	case <-c.done:
		return fmt.Errorf("%s: %w", method, c.Err())
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

// Post sends one command without waiting for its reply. done, if not nil, is called by the reading goroutine with the browser's refusal, or
// nil; it must not block, and is not called when the connection ends before.
func (c *Conn) Post(session, method string, params any, done func(error)) error {
	var reply func(message)
	if done != nil {
		reply = func(m message) { done(decodeReply(method, m, nil)) }
	}
	_, err := c.send(session, method, params, reply)
	return err
}

// send writes a command whose reply is passed to reply, unless that is nil.
func (c *Conn) send(session, method string, params any, reply func(message)) (id int64, err error) {
	m := message{SessionID: session, Method: method}
	if params != nil {
		if m.Params, err = json.Marshal(params); err != nil {
			return 0, fmt.Errorf("%s: %w", method, err)
		}
	}
	if m.ID, err = c.expect(reply); err != nil {
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	if err := c.write(m); err != nil {
		c.forget(m.ID)
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	return m.ID, nil
}

func decodeReply(method string, r message, result any) error {
	if r.Error != nil {
		return &Error{method, r.Error.Code, r.Error.Message, r.Error.Data}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		return fmt.Errorf("%s: reply: %w", method, err)
	}
	return nil
}

func (c *Conn) expect(reply func(message)) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= maxWaiting {
		return 0, fmt.Errorf("the browser has not answered the last %d commands", maxWaiting)
	}
	c.id++
	if reply != nil {
		c.waiting[c.id] = reply
	}
	return c.id, nil
}

func (c *Conn) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

func (c *Conn) write(m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.wmu.Lock()
	defer c.wmu.Unlock()
	return c.t.Write(b)
}

// Listen calls f with the parameters of each event of one kind and session, on the reading goroutine: f must not block and must
// not use [Conn.Call]. The returned function ends it.
func (c *Conn) Listen(session, method string, f func(json.RawMessage)) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id++
	id, key := c.id, session+" "+method
	if c.listeners[key] == nil {
		c.listeners[key] = map[int64]func(json.RawMessage){}
	}
	c.listeners[key][id] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners[key], id)
	}
}

// Close ends the connection. Calls that wait, and later ones, fail with the reason of the first Close.
func (c *Conn) Close(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = reason
	_ = c.t.Close() // nothing more is read or written
	close(c.done)
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection ended; nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
