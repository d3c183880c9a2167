package chrome

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// pollEvery is how often [Page.WaitFor] looks.
const pollEvery = 20 * time.Millisecond

// Page is one tab. Its methods may be called by any goroutine.
type Page struct {
	b       *Browser
	target  string
	session string

	mu      sync.Mutex
	console []string
	errs    []string
	onLine  func(string)
	media   map[string]string // emulated features
}

// Page opens a new tab and loads url in it; an empty url leaves it blank. Console output and uncaught exceptions are
// kept from the start. Only the CDP domains Page and Runtime are on.
func (b *Browser) Page(ctx context.Context, url string) (*Page, error) {
	var target struct {
		ID string `json:"targetId"`
	}
	params := args{"url": "about:blank"}
	if b.context != "" {
		params["browserContextId"] = b.context
	}
	if err := b.Call(ctx, "Target.createTarget", params, &target); err != nil {
		return nil, err
	}
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := b.Call(ctx, "Target.attachToTarget", args{"targetId": target.ID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{b: b, target: target.ID, session: attached.Session}
	p.Listen("Runtime.consoleAPICalled", p.onConsole)
	p.Listen("Runtime.exceptionThrown", p.onException)
	for _, method := range []string{"Page.enable", "Runtime.enable"} {
		if err := p.Call(ctx, method, nil, nil); err != nil {
			return nil, err
		}
	}
	// Several tabs of one window: each believes it has the focus, as it would alone.
	if err := p.Call(ctx, "Emulation.setFocusEmulationEnabled", args{"enabled": true}, nil); err != nil {
		return nil, err
	}
	if url == "" {
		return p, nil
	}
	return p, p.Navigate(ctx, url)
}

// Browser returns the browser of the tab.
func (p *Page) Browser() *Browser { return p.b }

// Attach returns a page that is there already, such as the browser's own tools or a frame of an extension: the first whose
// address begins with url, waited for until ctx ends. Its console is kept from then on.
func (b *Browser) Attach(ctx context.Context, url string) (*Page, error) {
	for {
		var reply struct {
			Infos []struct {
				ID      string `json:"targetId"`
				URL     string `json:"url"`
				Context string `json:"browserContextId"`
			} `json:"targetInfos"`
		}
		if err := b.Call(ctx, "Target.getTargets", nil, &reply); err != nil {
			return nil, err
		}
		for _, info := range reply.Infos {
			if strings.HasPrefix(info.URL, url) && (b.context == "" || info.Context == b.context) {
				return b.attach(ctx, info.ID)
			}
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil, fmt.Errorf("attach to %s: %w; there are %v", url, context.Cause(ctx), reply.Infos)
		}
	}
}

func (b *Browser) attach(ctx context.Context, target string) (*Page, error) {
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := b.Call(ctx, "Target.attachToTarget", args{"targetId": target, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{b: b, target: target, session: attached.Session}
	p.Listen("Runtime.consoleAPICalled", p.onConsole)
	p.Listen("Runtime.exceptionThrown", p.onException)
	if err := p.Call(ctx, "Page.enable", nil, nil); err != nil {
		return nil, err
	}
	return p, p.Call(ctx, "Runtime.enable", nil, nil)
}

// args are the parameters of a CDP command.
type args map[string]any

// Call sends one CDP command to this tab and decodes its result into result unless that is nil.
func (p *Page) Call(ctx context.Context, method string, params, result any) error {
	return p.b.conn.Call(ctx, p.session, method, params, result)
}

// Listen calls f with the parameters of each event of this tab named method, such as "Network.webSocketFrameSent", in
// the order in which they come, until cancel is called. The event's domain must be on: p.Call(ctx, "Network.enable",
// nil, nil). f must neither block nor call this package.
func (p *Page) Listen(method string, f func(params json.RawMessage)) (cancel func()) {
	return p.b.conn.Listen(p.session, method, f)
}

// Events collects the parameters of the events named method from now on; the returned function gives those seen so far.
func (p *Page) Events(method string) (seen func() []json.RawMessage) {
	var mu sync.Mutex
	var list []json.RawMessage
	p.Listen(method, func(params json.RawMessage) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, params)
	})
	return func() []json.RawMessage {
		mu.Lock()
		defer mu.Unlock()
		return append([]json.RawMessage(nil), list...)
	}
}

// Navigate loads url and waits for its load event.
func (p *Page) Navigate(ctx context.Context, url string) error {
	loaded := make(chan struct{}, 1)
	cancel := p.Listen("Page.loadEventFired", func(json.RawMessage) {
		select {
		case loaded <- struct{}{}:
		default:
		}
	})
	defer cancel()
	var reply struct {
		ErrorText string `json:"errorText"`
	}
	if err := p.Call(ctx, "Page.navigate", args{"url": url}, &reply); err != nil {
		return err
	}
	if reply.ErrorText != "" {
		return fmt.Errorf("load %s: %s", url, reply.ErrorText)
	}
	select {
	case <-loaded:
		return nil
	case <-p.b.conn.Done():
		return fmt.Errorf("load %s: %w", url, p.b.conn.Err())
	case <-ctx.Done():
		return fmt.Errorf("load %s: no load event: %w", url, context.Cause(ctx))
	}
}

// Close closes the tab.
func (p *Page) Close(ctx context.Context) error {
	return p.b.Call(ctx, "Target.closeTarget", args{"targetId": p.target}, nil)
}

// EvalError is an exception that an evaluated expression threw.
type EvalError struct {
	Expression string
	Exception  string // the stack when there is one
}

func (e *EvalError) Error() string { return fmt.Sprintf("eval %.200s: %s", e.Expression, e.Exception) }

// exception is CDP's ExceptionDetails.
type exception struct {
	Text      string `json:"text"`
	Exception struct {
		Description string          `json:"description"`
		Value       json.RawMessage `json:"value"`
	} `json:"exception"`
}

func (e exception) String() string {
	switch {
	case e.Exception.Description != "":
		return e.Exception.Description
	case e.Exception.Value != nil:
		return e.Text + " " + string(e.Exception.Value)
	default:
		return e.Text
	}
}

// Eval evaluates a JavaScript expression in the page, awaits it when it is a promise, and decodes its value, which goes
// through JSON, into result unless that is nil. undefined is null. It counts as a user gesture. What the expression
// throws is an [EvalError].
func (p *Page) Eval(ctx context.Context, expression string, result any) error {
	var reply struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *exception `json:"exceptionDetails"`
	}
	params := args{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}
	if err := p.Call(ctx, "Runtime.evaluate", params, &reply); err != nil {
		return err
	}
	if reply.Exception != nil {
		return &EvalError{expression, reply.Exception.String()}
	}
	if result == nil {
		return nil
	}
	if reply.Result.Value == nil {
		reply.Result.Value = json.RawMessage("null")
	}
	if err := json.Unmarshal(reply.Result.Value, result); err != nil {
		return fmt.Errorf("eval %.200s: %s: %w", expression, reply.Result.Value, err)
	}
	return nil
}

// WaitFor waits until the expression is truthy. An expression that throws is not true yet. The error of a wait that
// ran out of time reports the last value of the expression and the page's console.
func (p *Page) WaitFor(ctx context.Context, expression string) error {
	last := "nothing"
	for {
		var truthy bool
		err := p.Eval(ctx, "(async () => !!(await ("+expression+")))()", &truthy)
		if err == nil && truthy {
			return nil
		}
		if err == nil {
			last = "a falsy value"
		} else if ctx.Err() == nil {
			last = err.Error()
		}
		select {
		case <-p.b.conn.Done():
			return fmt.Errorf("wait for %.200s: %w", expression, p.b.conn.Err())
		case <-ctx.Done():
			return fmt.Errorf("wait for %.200s: %w; last it gave %s%s", expression, context.Cause(ctx), last, p.consoleTail())
		case <-time.After(pollEvery):
		}
	}
}
