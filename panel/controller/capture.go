package controller

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// FeedCut is to how many bytes the feed cuts payloads for the panel, which fetches the rest of those that it needs.
const FeedCut = 1 << 20

// fetchPage fetches what the live model wants of a payload that the feed cut, a page at a time.
func (c *control) fetchPage() {
	c.mu.Lock()
	client := c.client
	if client == nil {
		c.mu.Unlock()
		return
	}
	want, ok := c.live.NextPage()
	c.mu.Unlock()
	if !ok {
		return
	}
	path := fmt.Sprintf("/api/records/%d/page?part=%s&from=%d", want.Seq, want.Part, want.From)
	client.Call("GET", path, "", func(status int, text string) {
		page := model.Page{Seq: want.Seq}
		if status != 200 {
			page.Problem = failureText(text)
		} else if err := json.Unmarshal([]byte(text), &page.Page); err != nil {
			page.Problem = err.Error()
		}
		c.Send(page)
		if page.Problem != "" {
			c.Note("The rest of record " + format.Count(want.Seq) + " cannot be loaded: " + page.Problem)
		}
	})
}

// loadSnap asks how much the capture keeps of each payload.
func (c *control) loadSnap() {
	if c.client != nil {
		c.client.Call("GET", "/api/snap", "", c.snapLoaded)
	}
}

// setSnap changes how many bytes the capture keeps of each payload.
func (c *control) setSnap(text string) {
	n, err := strconv.Atoi(text)
	body, err2 := json.Marshal(act.Snap{Bytes: n})
	if err != nil || err2 != nil || !c.available() {
		return
	}
	c.client.Call("PUT", "/api/snap", string(body), c.snapLoaded)
}

func (c *control) snapLoaded(status int, text string) {
	var snap act.Snap
	if status != 200 || json.Unmarshal([]byte(text), &snap) != nil {
		c.Note(failureText(text))
		return
	}
	c.mu.Lock()
	c.snap = snap
	c.mu.Unlock()
	c.wake()
}
