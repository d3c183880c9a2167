package controller

import (
	"encoding/json"

	"github.com/tetherscope/tetherscope/scope/act"
)

// passedEvery is how often the hosts of the forward proxy are asked for, in milliseconds.
const passedEvery = 3000

// passed is what went through the forward proxy without a record. The core's lock guards its fields.
type passed struct {
	*control
	view act.Passed
	stop func() // ends asking; nil while there is no forward proxy
}

// load asks which hosts there are, and goes on asking when the server has a forward proxy.
func (p *passed) load() {
	p.client.Call("GET", "/api/proxy", "", func(status int, text string) {
		var answer act.Passed
		if status != 200 || json.Unmarshal([]byte(text), &answer) != nil {
			return // the state of the feed shows that the server is away
		}
		p.mu.Lock()
		changed := !p.view.Equal(answer)
		p.view = answer
		if answer.Addr != "" && p.stop == nil {
			p.stop = p.client.Every(passedEvery, p.load)
		}
		p.mu.Unlock()
		if changed {
			p.wake()
		}
	})
}
