package controller

import (
	"slices"
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model"
)

// maxDialled is how many connections one page opens.
const maxDialled = 8

// dialled is a connection that this page opened.
type dialled struct {
	id         int
	url, state string
	close      func()
}

// dial opens a connection from this page. It is listed like any other, as the server's tap sees it.
func (c *composer) dial() {
	c.mu.Lock()
	url, err := dialURL(c.url)
	if err != nil {
		c.mu.Unlock()
		c.show("Not connected: "+err.Error(), true)
		return
	}
	if len(c.dialled) >= maxDialled {
		c.mu.Unlock()
		c.show("This page has "+strconv.Itoa(maxDialled)+" connections open already; close one first", true)
		return
	}
	c.dials++
	id := c.dials
	c.dialled = append(c.dialled, dialled{id: id, url: url, state: "connecting"})
	c.await()
	c.mu.Unlock()
	closeConn := c.client.Dial(url, func(text string, over bool) { c.dialState(id, text, over) })
	c.mu.Lock()
	if i := c.dialIndex(id); i >= 0 {
		c.dialled[i].close = closeConn
	}
	c.mu.Unlock()
	c.wake()
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
		c.awaited = nil
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
