package controller

import (
	"encoding/json"

	"github.com/tetherscope/tetherscope/scope/act"
)

// scriptEvery is how often the state of the script is asked for while it is shown, in milliseconds.
const scriptEvery = 1000

// ScriptView is what a drawing of the script needs.
type ScriptView struct {
	Script act.Script // its File is "" when there is none
	Trying bool
	Trial  *act.Trial // what it would do to the capture; nil when it was not tried
	Failed string     // why it could not be switched or tried
}

// script is the script that decides about messages. The core's lock guards the fields.
type script struct {
	*control
	view ScriptView
	stop func() // ends asking; nil while it is not shown
}

// load asks how the script stands, again and again while there is one and it is shown.
func (p *script) load() {
	p.mu.Lock()
	if p.drawer != faultsDrawer {
		p.unwatch()
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.client.Call("GET", "/api/script", "", p.take)
}

// unwatch ends asking. The caller holds the lock.
func (p *script) unwatch() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// take takes the server's answer about the script.
func (p *script) take(status int, text string) {
	var now act.Script
	p.mu.Lock()
	switch err := json.Unmarshal([]byte(text), &now); {
	case status != 200 || err != nil:
		p.view.Failed = failureText(text)
	default:
		p.view.Script, p.view.Failed = now, ""
		if now.File != "" && p.stop == nil && p.drawer == faultsDrawer {
			p.stop = p.client.Every(scriptEvery, p.load)
		}
	}
	p.mu.Unlock()
	p.wake()
}

func (p *script) toggle() {
	p.mu.Lock()
	body, _ := json.Marshal(act.ScriptSwitch{Active: !p.view.Script.Active}) // a bool always can be written
	p.mu.Unlock()
	p.client.Call("PUT", "/api/script", string(body), p.take)
}

// try asks what the script would do to what the server has captured.
func (p *script) try() {
	p.mu.Lock()
	p.view.Trial, p.view.Trying = nil, true
	p.mu.Unlock()
	p.wake()
	p.client.Call("POST", "/api/script/try", "", func(status int, text string) {
		tried := &act.Trial{}
		err := json.Unmarshal([]byte(text), tried)
		p.mu.Lock()
		p.view.Trying, p.view.Failed = false, ""
		if status == 200 && err == nil {
			p.view.Trial = tried
		} else {
			p.view.Failed = failureText(text)
		}
		p.mu.Unlock()
		p.wake()
	})
}
