package controller

import (
	"encoding/json"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/scope/act"
)

// packetsEvery is how often the panel asks what the server's live capture has passed over, in milliseconds.
const packetsEvery = 3000

// packets is the server's live capture of packets. The core's lock guards its fields.
type packets struct {
	*control
	state act.Packets
	stop  func() // ends asking; nil while there is no reason to ask
}

// PacketsView is the server's live capture, as the view draws it.
type PacketsView struct {
	Source  string // empty for none
	Ended   bool
	Omitted []string // what was passed over, by reason
}

// load asks for the state, and goes on to ask while there is a capture.
func (p *packets) load() {
	p.mu.Lock()
	client := p.client
	p.mu.Unlock()
	if client != nil {
		client.Call("GET", "/api/packets", "", func(status int, text string) { p.loaded(client, status, text) })
	}
}

func (p *packets) loaded(client ControlClient, status int, text string) {
	var state act.Packets
	if status != 200 || json.Unmarshal([]byte(text), &state) != nil {
		return // the state of the feed shows that the server is away
	}
	p.mu.Lock()
	p.state = state
	switch on := state.Source != "" && !state.Ended; {
	case on && p.stop == nil:
		p.stop = client.Every(packetsEvery, p.load)
	case !on && p.stop != nil:
		p.stop()
		p.stop = nil
	}
	p.mu.Unlock()
	p.wake()
}

// view is shown beside the live capture.
func (p *packets) view() (v PacketsView) {
	if p.file != nil || p.state.Source == "" {
		return v
	}
	v.Source, v.Ended = p.state.Source, p.state.Ended
	for _, o := range p.state.Omitted[:min(len(p.state.Omitted), maxOmitted)] {
		one := record.Omission(o)
		v.Omitted = append(v.Omitted, strings.ToValidUTF8(one.String(), "\uFFFD"))
	}
	return v
}
