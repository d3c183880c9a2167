package controller

// The commands of requests.
type (
	// ToggleRequests opens or closes the requests.
	ToggleRequests struct{}
	// CheckRequests says what is wrong in the text, without connecting to anything.
	CheckRequests struct{}
	// RunRequests runs the requests of the text, or the one with a name.
	RunRequests struct{ Only string }
	// StopRequests ends the run.
	StopRequests struct{}
	// KeepRequests has the browser keep the text under its name.
	KeepRequests struct{}
	// UseRequests puts kept requests into the boxes.
	UseRequests struct{ Index int }
	// DropRequests forgets kept requests.
	DropRequests struct{ Index int }
	// OpenRequests opens the file dialog for requests.
	OpenRequests struct{}
	// SaveRequests saves the text to a file.
	SaveRequests struct{}
)

// withRequests performs an action of the requests if there is a control API.
func (c *Controller) withRequests(do func(*requests)) {
	if c.control.available() {
		do(&c.requests)
	}
}

// WriteRequests takes what stands in a box of the requests: "name", "text", or the name of a variable behind "var-".
func (c *Controller) WriteRequests(box, text string) { c.requests.write(box, text) }

func (ToggleRequests) run(c *Controller) { c.requests.toggle() } // without a server it says what that means
func (CheckRequests) run(c *Controller)  { c.withRequests((*requests).check) }
func (q RunRequests) run(c *Controller) {
	c.withRequests(func(r *requests) { r.run(q.Only) })
}
func (StopRequests) run(c *Controller) { c.withRequests((*requests).stop) }
func (KeepRequests) run(c *Controller) { c.withRequests((*requests).keep) }
func (u UseRequests) run(c *Controller) {
	c.withRequests(func(r *requests) { r.useKept(u.Index) })
}

func (d DropRequests) run(c *Controller) {
	c.withRequests(func(r *requests) { r.drop(d.Index) })
}

func (OpenRequests) run(c *Controller) {
	c.withRequests(func(r *requests) { r.client.PickFile(maxRequestsText, r.takeFile) })
}
func (SaveRequests) run(c *Controller) { c.withRequests((*requests).download) }
