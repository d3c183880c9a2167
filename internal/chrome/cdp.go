package chrome

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Error is the browser's refusal of one CDP command.
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

// conn is the CDP connection: JSON messages that end with a zero byte, one pipe each way. Commands carry an id that
// their reply repeats; sessions, one for each tab, are told apart by sessionId.
type conn struct {
	in  io.ReadCloser
	out io.WriteCloser
	wmu sync.Mutex // serializes writes

	mu        sync.Mutex
	id        int64
	waiting   map[int64]chan message
	listeners map[string]map[int64]func(json.RawMessage) // by sessionId + " " + method
	err       error                                      // why the connection ended
	done      chan struct{}
}

// message is every shape that CDP sends and receives.
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

func newConn(in io.ReadCloser, out io.WriteCloser) *conn {
	c := &conn{
		in: in, out: out,
		waiting:   map[int64]chan message{},
		listeners: map[string]map[int64]func(json.RawMessage){},
		done:      make(chan struct{}),
	}
	go c.readLoop()
	return c
}

func (c *conn) readLoop() {
	r := bufio.NewReaderSize(c.in, 64<<10)
	for {
		b, err := r.ReadBytes(0)
		if err != nil {
			c.close(fmt.Errorf("the browser ended: %w", err))
			return
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(b, []byte{0}), &m); err != nil {
			c.close(fmt.Errorf("CDP message is not JSON: %w", err))
			return
		}
		c.dispatch(m)
	}
}

// dispatch hands a reply to its caller, or an event to its listeners on the reading goroutine, so that they see events
// in the order in which they came.
func (c *conn) dispatch(m message) {
	c.mu.Lock()
	if m.ID != 0 {
		ch := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if ch != nil {
			ch <- m
		}
		return
	}
	var fs []func(json.RawMessage)
	for _, f := range c.listeners[m.SessionID+" "+m.Method] {
		fs = append(fs, f)
	}
	c.mu.Unlock()
	for _, f := range fs {
		f(m.Params)
	}
}

func (c *conn) call(ctx context.Context, session, method string, params, result any) error {
	m := message{SessionID: session, Method: method}
	if params != nil {
		b, err := json.Marshal(params)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		m.Params = b
	}
	reply := make(chan message, 1)
	id := c.expect(reply)
	m.ID = id
	defer c.forget(id)
	if err := c.write(m); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case r := <-reply:
		return decodeReply(method, r, result)
	case <-c.done:
		return fmt.Errorf("%s: %w", method, c.reason())
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
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

func (c *conn) expect(reply chan message) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id++
	c.waiting[c.id] = reply
	return c.id
}

func (c *conn) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

func (c *conn) write(m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.wmu.Lock()
	defer c.wmu.Unlock()
	_, err = c.out.Write(append(b, 0))
	return err
}

// listen calls f with the parameters of each event of one kind, on the reading goroutine: f must not block and must
// not call CDP. The returned function ends it.
func (c *conn) listen(session, method string, f func(json.RawMessage)) (cancel func()) {
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

func (c *conn) close(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = reason
	_ = errors.Join(c.in.Close(), c.out.Close()) // nothing more is read or written
	close(c.done)
}

func (c *conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
