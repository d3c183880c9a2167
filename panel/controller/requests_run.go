package controller

import (
	"encoding/json"

	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// play is the last run of requests. The core's lock guards it.
type play struct {
	number  int // of the run: lines of earlier ones are dropped
	running bool
	stopped bool   // by a person
	stop    func() // nil unless it runs
	steps   []act.StepResult
	more    int // further ones, which are not listed
	end     *act.RequestsEnd
	problem string // why it could not be run to its end
}

// state says in a few words how the run stands, and whether that is a failure.
func (p *play) state() (text string, failed bool) {
	switch {
	case p.running:
		return "running: " + format.Plural(uint64(len(p.steps)+p.more), "step") + " so far", false
	case p.end != nil:
		return format.Count(uint64(p.end.Passed)) + " passed, " + format.Count(uint64(p.end.Failed)) + " failed", p.end.Failed > 0
	case p.problem != "":
		return "not run to the end", true
	case p.stopped:
		return "stopped", false
	}
	return "", false
}

// run runs the requests of the text, or the one that is called only. It is over with this page.
func (r *requests) run(only string) {
	r.mu.Lock()
	if r.play.running {
		r.mu.Unlock()
		return
	}
	in := act.Requests{Text: r.text, Vars: map[string]string{}, Only: only}
	for _, name := range r.asked {
		if v := r.values[name]; v != "" {
			in.Vars[name] = v
		}
	}
	number := r.play.number + 1
	r.play, r.problem = play{number: number, running: true}, ""
	r.mu.Unlock()
	body, _ := json.Marshal(in) // strings always can be written
	stop := r.client.Stream("/api/requests/run", string(body), func(text string) { r.line(number, text) }, func(problem string) { r.over(number, problem) })
	r.mu.Lock()
	if r.play.number == number && r.play.running {
		r.play.stop = stop
	}
	r.mu.Unlock()
	r.wake()
}

// line takes a line of the answer.
func (r *requests) line(number int, text string) {
	var line act.RequestsLine
	if json.Unmarshal([]byte(text), &line) != nil {
		return
	}
	r.mu.Lock()
	if p := &r.play; p.number == number {
		switch {
		case line.Step != nil && len(p.steps) < maxSteps:
			p.steps = append(p.steps, *line.Step)
		case line.Step != nil:
			p.more++
		}
		if line.End != nil {
			p.end = line.End
		}
	}
	r.mu.Unlock()
	r.wake()
}

// over takes the end of the answer, or why there is none. A variable without a value is asked for.
func (r *requests) over(number int, problem string) {
	r.mu.Lock()
	p := &r.play
	if p.number != number {
		r.mu.Unlock()
		return
	}
	p.running, p.stop = false, nil
	switch {
	case problem != "":
		r.lacks(problem)
		p.problem = failureText(problem)
	case p.end == nil && !p.stopped:
		p.problem = "the answer ended before the run did"
	}
	if p.problem != "" {
		r.problem = p.problem
	}
	text, _ := p.state()
	r.mu.Unlock()
	r.Note("Requests: " + text)
}

// stop ends the run. Its connections are closed by the server.
func (r *requests) stop() {
	r.mu.Lock()
	stop := r.play.stop
	r.play.stopped = stop != nil
	r.mu.Unlock()
	if stop != nil {
		stop()
	}
	r.wake()
}
