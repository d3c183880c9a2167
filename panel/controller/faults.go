package controller

import (
	"encoding/json"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// faults is the state of the fault rules and of the frames that they intercept. The core's lock guards its fields.
type faults struct {
	*control
	text        string // in the box
	active      string // the active rules, in their canonical form
	problem     string
	asked       uint64     // questions about the active rules, and changes of them, so far
	answered    uint64     // the newest of these that has an answer
	trial       *act.Trial // what the rules in the box would do; nil when they were not tried, or changed since
	intercepted []act.InterceptedFrame
	more        int               // further ones, which the server did not list
	resolved    map[frameKey]bool // these; answers that were on their way still list them
	stopPolling func()            // nil while the list is not polled
}

// frameKey identifies an intercepted frame.
type frameKey struct {
	conn uint32
	to   string
	id   uint64
}

func keyOf(h act.InterceptedFrame) frameKey { return frameKey{h.Conn, h.To, h.ID} }

// FaultsView is what a drawing of the fault rules needs.
type FaultsView struct {
	Open        bool
	Changed     bool   // the box differs from the active rules
	Active      string // the active rules, in their canonical form
	Problem     string
	Trial       *act.Trial // what the rules in the box would do to the capture; nil when they were not tried
	Rules       int        // number of active rules
	Intercepted []model.InterceptedRow
	More        uint64 // further intercepted frames, which are listed once those before them are resolved
}

// pollEvery is how often the list of intercepted frames is polled while a rule intercepts, in milliseconds.
const pollEvery = 500

// view returns what is drawn. The caller holds the lock.
func (f *faults) view() FaultsView {
	return FaultsView{
		Open: f.drawer == faultsDrawer, Active: f.active, Problem: f.problem, Trial: f.trial, Intercepted: f.model.InterceptedRows(f.intercepted), More: uint64(f.more),
		Rules: strings.Count(f.active, "=>"), Changed: strings.TrimSpace(f.text) != strings.TrimSpace(f.active),
	}
}

// write takes the text of the box.
func (f *faults) write(text string) {
	f.mu.Lock()
	f.text, f.problem, f.trial = text, "", nil
	f.mu.Unlock()
	f.wake()
}

// try asks what the rules in the box would do to what the server has captured.
func (f *faults) try() {
	f.mu.Lock()
	text := f.text
	f.mu.Unlock()
	body, err := json.Marshal(act.Rules{Text: text})
	if err != nil {
		f.Note(err.Error())
		return
	}
	f.client.Call("POST", "/api/rules/try", string(body), func(status int, answer string) { f.tried(text, status, answer) })
}

// tried takes the server's answer about a text, unless the box has another one by now.
func (f *faults) tried(text string, status int, answer string) {
	trial := &act.Trial{}
	f.mu.Lock()
	switch {
	case f.text != text:
	case status != 200 || json.Unmarshal([]byte(answer), trial) != nil:
		f.problem, f.trial = failureText(answer), nil
	default:
		f.problem, f.trial = "", trial
	}
	f.mu.Unlock()
	f.wake()
}

// applyWritten activates the rules in the box.
func (f *faults) applyWritten() {
	f.mu.Lock()
	text := f.text
	f.mu.Unlock()
	f.apply(text)
}

// togglePreset activates or removes the rule of a preset.
func (f *faults) togglePreset(i int) {
	if i < 0 || i >= len(model.Presets) {
		return
	}
	f.mu.Lock()
	active := f.active
	f.mu.Unlock()
	f.apply(model.ToggleRule(active, model.Presets[i].Rule))
}

func (f *faults) toggle() {
	f.mu.Lock()
	open := f.drawer != faultsDrawer
	f.drawer = noDrawer
	if open {
		f.drawer = faultsDrawer
	}
	f.mu.Unlock()
	if open {
		f.load(true)
	} else {
		f.page.FocusGrid()
	}
	f.wake()
}

// load asks for the active rules: they may have come with the server's start, or from another client. Show puts them into
// the box.
func (f *faults) load(show bool) {
	f.ask("GET", "", show)
}

// apply activates rules.
func (f *faults) apply(text string) {
	body, err := json.Marshal(act.Rules{Text: text})
	if err != nil {
		f.Note(err.Error())
		return
	}
	f.ask("PUT", string(body), true)
}

// ask makes a request about the active rules. An answer that comes after that of a later request is dropped: it says what was before.
func (f *faults) ask(method, body string, show bool) {
	f.mu.Lock()
	f.asked++
	number := f.asked
	f.mu.Unlock()
	f.client.Call(method, "/api/rules", body, func(status int, answer string) {
		f.mu.Lock()
		late := number < f.answered
		f.answered = max(f.answered, number)
		f.mu.Unlock()
		if !late {
			f.loaded(status, answer, show)
		}
	})
}

// loaded takes the server's answer with the active rules.
func (f *faults) loaded(status int, answer string, show bool) {
	var rules act.Rules
	f.mu.Lock()
	if status != 200 || json.Unmarshal([]byte(answer), &rules) != nil {
		f.problem = failureText(answer)
		f.mu.Unlock()
		f.wake()
		return
	}
	f.active, f.problem = rules.Text, ""
	if show {
		f.text, f.trial = rules.Text, nil
	}
	open, client := f.drawer == faultsDrawer, f.client
	f.poll(strings.Contains(rules.Text, "=> intercept"))
	f.mu.Unlock()
	if show && open {
		client.SetValue("faults-text", rules.Text)
	}
	f.wake()
}
