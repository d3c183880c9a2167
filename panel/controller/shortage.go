package controller

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// shortageEvery is how often the panel asks what the server's budget refused, in milliseconds.
const shortageEvery = 5000

// shortage is what the budget of the server's process refused. The core's lock guards its fields.
type shortage struct {
	*control
	shares []act.Share
	hidden map[string]uint64 // refusals by share when the note was hidden
	stop   func()            // ends asking; nil before the first answer
}

// HideShortage hides the note about the budget until it refuses something again.
type HideShortage struct{}

func (HideShortage) run(c *Controller) {
	c.mu.Lock()
	s := &c.shortage
	s.hidden = map[string]uint64{}
	for _, one := range s.shares {
		s.hidden[one.Name] = one.Refused
	}
	c.mu.Unlock()
	c.wake()
}

// load asks what was refused, and goes on to ask.
func (s *shortage) load() {
	client := s.client
	client.Call("GET", "/api/budget", "", func(status int, text string) {
		var answer act.Budget
		if status != 200 || json.Unmarshal([]byte(text), &answer) != nil {
			return // the state of the feed shows that the server is away
		}
		s.mu.Lock()
		before := s.view()
		s.shares = answer.Shares
		if s.stop == nil {
			s.stop = client.Every(shortageEvery, s.load)
		}
		changed := s.view() != before
		s.mu.Unlock()
		if changed {
			s.wake()
		}
	})
}

// view is one line that says what was refused since it was hidden; empty for nothing.
func (s *shortage) view() string {
	if s.file != nil {
		return ""
	}
	var list []string
	for _, one := range s.shares {
		if one.Refused > s.hidden[one.Name] {
			times := format.Plural(one.Refused-s.hidden[one.Name], "time")
			list = append(list, strings.ToValidUTF8(fmt.Sprintf("%s (%s, %d MiB): %s", one.Means, times, one.Limit>>20, one.Refusal), "\uFFFD"))
		}
	}
	return strings.Join(list, " · ")
}
