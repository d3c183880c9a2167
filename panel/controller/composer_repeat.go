package controller

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// repeat sends the composed message repeatedly. The request is the repetition: it ends with this page.
func (c *composer) repeat() {
	form, ok := c.composed()
	if !ok {
		return
	}
	rep, err := repetition(form)
	if err != nil {
		c.show(err.Error(), true)
		return
	}
	body, err := json.Marshal(rep)
	if err != nil {
		c.show(err.Error(), true)
		return
	}
	c.stopRepeating()
	p := &progress{composer: c, count: rep.Count}
	stop := c.client.Stream(connPath(form.Conn, "repeat"), string(body), p.line, p.done)
	c.mu.Lock()
	c.stop = stop
	c.mu.Unlock()
	c.wake()
}

// repetition returns what the form says about repeating its message.
func repetition(form model.Compose) (act.Repeat, error) {
	m, err := form.Message()
	if err != nil {
		return act.Repeat{}, err
	}
	every, err1 := strconv.Atoi(strings.TrimSpace(form.Every))
	count, err2 := strconv.Atoi(strings.TrimSpace(form.Count))
	if err1 != nil || err2 != nil {
		return act.Repeat{}, &model.ComposeError{Box: "every", Text: "the interval in milliseconds and the number of times must be numbers"}
	}
	rep := act.Repeat{Message: m, Every: every, Count: count}
	return rep, rep.Check()
}

// progress follows the response to a repetition: a line for each message that was sent.
type progress struct {
	composer *composer
	count    int
	last     act.Sent
	failed   string
}

func (p *progress) line(text string) {
	var f act.Failure
	if json.Unmarshal([]byte(text), &f) == nil && f.Text != "" {
		p.failed = f.Error()
		return
	}
	_ = json.Unmarshal([]byte(text), &p.last) // the server's own words
	p.composer.show("Sent "+strconv.Itoa(p.last.Number)+" of "+strconv.Itoa(p.count), false)
}

func (p *progress) done(problem string) {
	c := p.composer
	c.mu.Lock()
	c.stop = nil
	c.mu.Unlock()
	if p.failed == "" {
		p.failed = problem
	}
	text := "Repeated " + strconv.Itoa(p.last.Number) + " of " + strconv.Itoa(p.count) + " times"
	if p.failed != "" {
		c.show(text+"; ended: "+failureText(p.failed), true)
		return
	}
	c.show(text, false)
}

func (c *composer) stopRepeating() {
	c.mu.Lock()
	stop := c.stop
	c.stop = nil
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
	c.wake()
}
