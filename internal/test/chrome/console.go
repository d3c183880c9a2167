package chrome

import (
	"encoding/json"
	"errors"
	"strings"
)

// A page's console and its uncaught exceptions.

// consoleTail returns the last lines of the console, for error messages.
func (p *Page) consoleTail() string {
	lines := append(p.Console(), p.Exceptions()...)
	if len(lines) == 0 {
		return ""
	}
	return "\nconsole of the page:\n" + strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// Console returns what the page wrote to its console so far, one entry for each call, as "level: text". After [Page.Eval]
// that is all it wrote before; after [Page.Click] and [Page.Press], which the browser answers and not the page, it may not be.
func (p *Page) Console() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.console...)
}

// Exceptions returns the uncaught exceptions and unhandled rejections of the page so far.
func (p *Page) Exceptions() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.errs...)
}

// OnConsole calls f for each further console call instead of keeping it, on the goroutine that reads from the browser:
// f must neither block nor call this package.
func (p *Page) OnConsole(f func(line string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onLine = f
}

func (p *Page) onConsole(params json.RawMessage) {
	var e struct {
		Type string `json:"type"`
		Args []struct {
			Value       json.RawMessage `json:"value"`
			Description string          `json:"description"`
			Type        string          `json:"type"`
		} `json:"args"`
	}
	if err := json.Unmarshal(params, &e); err != nil {
		p.keep(&p.errs, "console event: "+err.Error())
		return
	}
	parts := make([]string, len(e.Args))
	for i, a := range e.Args {
		var s string
		switch {
		case json.Unmarshal(a.Value, &s) == nil:
			parts[i] = s
		case a.Value != nil:
			parts[i] = string(a.Value)
		case a.Description != "":
			parts[i] = a.Description
		default:
			parts[i] = a.Type
		}
	}
	line := e.Type + ": " + strings.Join(parts, " ")
	p.mu.Lock()
	f := p.onLine
	p.mu.Unlock()
	if f != nil {
		f(line)
		return
	}
	p.keep(&p.console, line)
}

func (p *Page) onException(params json.RawMessage) {
	var e struct {
		Details exception `json:"exceptionDetails"`
	}
	if err := json.Unmarshal(params, &e); err != nil {
		p.keep(&p.errs, errors.Join(errors.New("exception event"), err).Error())
		return
	}
	p.keep(&p.errs, e.Details.String())
}

func (p *Page) keep(list *[]string, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*list = append(*list, line)
}
