package controller

import "github.com/tetherscope/tetherscope/panel/model"

// The commands of times and places.
type (
	// OpenGoTo opens the box that goes to a row, a record or a time of day.
	OpenGoTo struct{}
	// GoTo goes where the text of that box says.
	GoTo struct{}
	// TimesHere shows times relative to the selected row.
	TimesHere struct{}
	// NextTimes changes what the column of times shows.
	NextTimes struct{}
)

// timesKey is where the page stores what the column of times shows.
const timesKey = "times"

func (OpenGoTo) run(c *Controller) {
	c.mu.Lock()
	c.goToOpen, c.goToText = true, ""
	c.mu.Unlock()
	c.wake()
	c.page.FocusGoTo()
}

func (GoTo) run(c *Controller) { c.goTo() }

// WriteGoTo takes the text of the box.
func (c *Controller) WriteGoTo(text string) {
	c.mu.Lock()
	c.goToText = text
	c.mu.Unlock()
}

// goTo goes where the box says; it stays open where that is nowhere.
func (c *Controller) goTo() {
	c.mu.Lock()
	text := c.goToText
	c.mu.Unlock()
	place, err := model.ParsePlace(text)
	if err != nil {
		c.Note(err.Error())
		return
	}
	c.closeGoTo()
	c.Send(place)
}

func (c *Controller) closeGoTo() {
	c.mu.Lock()
	c.goToOpen = false
	c.mu.Unlock()
	c.wake()
	c.page.FocusGrid()
}

func (NextTimes) run(c *Controller) {
	next := (c.status().Times + 1) % model.NumTimes
	c.settings.setTimes(next)
	c.Note("Times: " + next.Label())
}

func (TimesHere) run(c *Controller) { c.settings.setTimes(model.TimesSelected) }

// OpenRowMenu opens the menu of a row, which is selected unless it is already.
func (c *Controller) OpenRowMenu(id uint64) {
	c.mu.Lock()
	isNew := !c.model.IsSelected(id)
	c.mu.Unlock()
	if isNew {
		c.Send(model.Select{ID: id})
	}
	c.mu.Lock()
	c.menu = RowMenu
	c.mu.Unlock()
	c.wake()
}

// CloseRowMenu closes it.
func (c *Controller) CloseRowMenu() {
	c.mu.Lock()
	open := c.menu == RowMenu
	c.mu.Unlock()
	if open {
		c.openMenu(NoMenu)
	}
}

// setTimes changes what the column of times shows, here and in what is opened later, and stores it.
func (s *settings) setTimes(t model.Times) {
	s.sendAll(model.SetTimes{Times: t})
	s.page.Remember(timesKey, t.String())
}
