package controller

import (
	"encoding/json"
	"strconv"

	"github.com/tetherscope/tetherscope/scope/act"
)

// ControlClient calls the control API of the server behind the page. Answers come on any goroutine, after the call returned.
type ControlClient interface {
	// Call sends a request with a JSON body, none if it is empty, and answers with the status, 0 if there was no response,
	// and the text.
	Call(method, path, body string, answer func(status int, text string))
	// Stream sends such a request with POST and passes on each line of the response as it comes. Done follows once, with the
	// error text, "" at the end of the response. The returned function aborts the request.
	Stream(path, body string, line func(text string), done func(problem string)) (stop func())
	// Every calls f each time so many milliseconds have passed, until the returned function is called.
	Every(ms int, f func()) (stop func())
	// SetValue puts text into the box with an ID; FocusBox puts the caret there.
	SetValue(id, text string)
	FocusBox(id string)
	// PickFile opens the file dialog for a file of at most so many bytes.
	PickFile(most int, picked func(name string, data []byte, problem string))
	// Dial opens a connection from this page, offers subprotocols, and reports its state, in a word or a sentence, until over. The returned
	// function closes it.
	Dial(url string, subprotocols []string, state func(text string, over bool)) (closeConn func())
}

// control calls the control API and shows the results. The core's lock guards its fields.
type control struct {
	*core
	client ControlClient // nil without a server
	result string        // of the last call
	failed bool
	snap   act.Snap // how much the capture keeps of each payload; zero while that is not known
}

// available reports whether there is a control API, and tells the person if not.
func (c *control) available() bool {
	c.mu.Lock()
	ok := c.client != nil
	c.mu.Unlock()
	if !ok {
		c.Note("No server: connections cannot be changed from here")
	}
	return ok
}

// post calls an action of a connection and shows its result.
func (c *control) post(conn uint32, action, body string, done func(text string) string) {
	c.client.Call("POST", connPath(conn, action), body, func(status int, text string) {
		if status == 200 {
			c.show(done(text), false)
			return
		}
		c.show(failureText(text), true)
	})
}

func connPath(conn uint32, action string) string {
	return "/api/conns/" + strconv.FormatUint(uint64(conn), 10) + "/" + action
}

// failureText returns the text of a failure of the control API, or the response itself.
func failureText(text string) string {
	var f act.Failure
	if json.Unmarshal([]byte(text), &f) == nil && f.Text != "" {
		return f.Error()
	}
	return text
}

// show shows the result of an action, in the composer and in the status bar.
func (c *control) show(text string, failed bool) {
	c.mu.Lock()
	c.result, c.failed = text, failed
	c.mu.Unlock()
	c.Note(text)
}
