package controller

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxDialled is how many connections one page opens.
const maxDialled = 8

// dialled is a connection that this page opened.
type dialled struct {
	id         int
	url, state string
	close      func()
}

// dial opens a connection. It is listed like any other, as the server's tap sees it. One to a path of this page's server is opened by the page
// itself, any other by the server, which has more choices.
func (c *composer) dial() {
	c.mu.Lock()
	to := c.to
	url, err := dialURL(to.URL)
	switch {
	case err != nil:
	case strings.HasPrefix(url, "/") && !to.Plain():
		err = errors.New("header fields and certificates are for URLs that begin with ws:// or wss://")
	case len(c.dialled) >= maxDialled:
		err = errors.New("this page has " + strconv.Itoa(maxDialled) + " connections open already; close one first")
	}
	if err != nil {
		c.mu.Unlock()
		c.show("Not connected: "+err.Error(), true)
		return
	}
	c.opened++
	id := c.opened
	c.dialled = append(c.dialled, dialled{id: id, url: url, state: "connecting"})
	c.await()
	c.mu.Unlock()
	if strings.HasPrefix(url, "/") {
		c.connect(id, url, to.Offered(), func(text string, over bool) { c.dialState(id, text, over) })
		return
	}
	c.ask(id, &to, url)
}

// ask asks the server for a connection, and opens it.
func (c *composer) ask(id int, to *model.Dial, url string) {
	body, _ := json.Marshal(to.Request(url)) // strings and a switch always can be written
	c.client.Call("POST", "/api/dial", string(body), func(status int, text string) {
		var at act.Dialled
		switch {
		case status != 200 || json.Unmarshal([]byte(text), &at) != nil:
			c.dialState(id, "not connected: "+failureText(text), true)
		case at.Path == "":
			if !to.Plain() {
				c.dialState(id, "not connected: it is a URL of this server itself, to which header fields and certificates are not sent: leave them out", true)
				return
			}
			c.connect(id, url, to.Offered(), func(text string, over bool) { c.dialState(id, text, over) })
		default:
			c.connect(id, at.Path, to.Offered(), func(text string, over bool) { c.explain(id, at.ID, text, over) })
		}
	})
}

// connect opens a connection from the page, unless it was given up.
func (c *composer) connect(id int, url string, subprotocols []string, state func(text string, over bool)) {
	closeConn := c.client.Dial(url, subprotocols, state)
	c.mu.Lock()
	if i := c.dialIndex(id); i >= 0 {
		c.dialled[i].close = closeConn
	}
	c.mu.Unlock()
	c.wake()
}

// explain notes the state of a connection that the server opened. Why the server could not reach the other one, the page does not know: it asks.
func (c *composer) explain(id int, asked, text string, over bool) {
	if !over || text == "closed" {
		c.dialState(id, text, over)
		return
	}
	c.client.Call("GET", "/api/dial/"+asked, "", func(_ int, answer string) {
		var state act.DialState
		if json.Unmarshal([]byte(answer), &state) == nil && state.Problem != "" {
			text = "not connected: " + state.Problem
		}
		c.dialState(id, text, true)
	})
}

// await has the next connection that the server's tap reports chosen. It may be reported later than the page learns that it is open. The
// caller holds the lock.
func (c *composer) await() {
	newest := uint32(0)
	if open := c.model.OpenConns(1); len(open) > 0 {
		newest = open[0].ID
	}
	c.awaited = &newest
}

// choose chooses the newest of the connections, when it was awaited or none is chosen. The caller holds the lock.
func (c *composer) choose(open []model.Conn) {
	if len(open) == 0 {
		return
	}
	arrived := c.awaited != nil && open[0].ID > *c.awaited
	if c.form.Conn != 0 && !arrived {
		return
	}
	c.form.Conn = open[0].ID
	if arrived {
		c.awaited, c.form.To = nil, act.ToServer // this page is its client
	}
	c.redraft()
}

// dialIndex returns the index of a connection of this page, -1 for none. The caller holds the lock.
func (c *composer) dialIndex(id int) int {
	return slices.IndexFunc(c.dialled, func(o dialled) bool { return o.id == id })
}

func (c *composer) dialState(id int, text string, over bool) {
	c.mu.Lock()
	i := c.dialIndex(id)
	if i < 0 {
		c.mu.Unlock()
		return
	}
	url := c.dialled[i].url
	c.dialled[i].state = text
	if over {
		c.dialled = slices.Delete(c.dialled, i, i+1)
		c.awaited = nil
	}
	c.mu.Unlock()
	if over {
		c.show("Connection to "+url+": "+text, text != "closed")
	}
	c.wake()
}

func (c *composer) closeDialled(id int) {
	c.mu.Lock()
	i := c.dialIndex(id)
	var closeConn func()
	if i >= 0 {
		closeConn = c.dialled[i].close
	}
	c.mu.Unlock()
	if closeConn != nil {
		closeConn()
	}
}

// saveDial remembers the connection that is described.
func (c *composer) saveDial() {
	c.mu.Lock()
	problem := c.dials.Save(c.to)
	c.mu.Unlock()
	if problem != "" {
		c.show(problem, true)
		return
	}
	c.keepDials()
	c.show("Remembered the connection, with its fields, in this browser", false)
}

// loadDial fills the boxes with a remembered connection.
func (c *composer) loadDial(i int) {
	c.mu.Lock()
	if i < 0 || i >= len(c.dials) {
		c.mu.Unlock()
		return
	}
	c.to = c.dials[i]
	values := c.to.Values()
	c.mu.Unlock()
	for name, text := range values {
		c.client.SetValue("compose-"+name, text)
	}
	c.wake()
}

func (c *composer) deleteDial(i int) {
	c.mu.Lock()
	c.dials.Remove(i)
	c.mu.Unlock()
	c.keepDials()
	c.wake()
}

func (c *composer) keepDials() {
	c.mu.Lock()
	kept := c.dials.String()
	c.mu.Unlock()
	c.page.Remember(dialsKey, kept)
}
