package controller

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of the requests: how many bytes the server takes, how many variables are asked for, and how many steps of a run are listed.
const (
	maxRequestsText = 1 << 20
	maxAsked        = 32
	maxSteps        = 2000
)

// requests is the state of the drawer in which requests are written, checked and run. The core's lock guards its fields.
type requests struct {
	*control
	name, text string // in the boxes
	kept       []KeptRequests
	values     map[string]string // of variables, as a person wrote them
	asked      []string          // variables that the text has no value for, as far as the server has said so
	asks       uint64            // checks and changes of the text so far: answers to earlier ones are dropped
	checked    *act.RequestsChecked
	problem    string
	play       play
}

// RequestsView is what a drawing of the requests needs.
type RequestsView struct {
	Open      bool
	Available bool // there is a control API
	Kept      []string
	Asked     []RequestsVar
	Checked   *act.RequestsChecked // what the text has; nil when it was not checked, or is wrong
	Problem   string
	Running   bool
	Steps     []act.StepResult // of the last run
	More      int              // further ones, which are not listed
	End       *act.RequestsEnd // nil before the end
	State     string           // of the run, in a few words
	Failed    bool             // a request failed, or the run
}

// RequestsVar is a variable that the text has no value for, with the one that a person wrote.
type RequestsVar struct{ Name, Value string }

// view returns what is drawn. The caller holds the lock.
func (r *requests) view() RequestsView {
	v := RequestsView{Open: r.drawer == requestsDrawer, Available: r.client != nil}
	if !v.Open {
		return v
	}
	v.Checked, v.Problem = r.checked, r.problem
	v.Running, v.Steps, v.More, v.End = r.play.running, r.play.steps, r.play.more, r.play.end
	v.State, v.Failed = r.play.state()
	for i := range r.kept {
		v.Kept = append(v.Kept, r.kept[i].Name)
	}
	for _, name := range r.asked {
		v.Asked = append(v.Asked, RequestsVar{name, r.values[name]})
	}
	return v
}

func (r *requests) toggle() {
	r.mu.Lock()
	open := r.drawer != requestsDrawer
	r.drawer = noDrawer
	if open {
		r.drawer = requestsDrawer
	}
	r.mu.Unlock()
	if open {
		r.fill()
	} else {
		r.page.FocusGrid()
	}
	r.wake()
}

// fill puts name and text into their boxes.
func (r *requests) fill() {
	r.mu.Lock()
	name, text, client := r.name, r.text, r.client
	r.mu.Unlock()
	if client == nil {
		return
	}
	client.SetValue("requests-name", name)
	client.SetValue("requests-text", text)
	client.FocusBox("requests-text")
}

// write takes what stands in a box: "name", "text", or the name of a variable behind "var-".
func (r *requests) write(box, text string) {
	r.mu.Lock()
	switch name, isVar := strings.CutPrefix(box, "var-"); {
	case isVar && slices.Contains(r.asked, name):
		if r.values == nil {
			r.values = map[string]string{}
		}
		r.values[name] = text
	case box == "name":
		r.name = text
	case box == "text":
		r.text = text
		r.asks++
		r.checked, r.problem = nil, ""
	}
	r.mu.Unlock()
	r.wake()
}

// check asks the server what is wrong in the text, and which variables have no value.
func (r *requests) check() {
	r.mu.Lock()
	r.asks++
	r.asked, r.checked, r.problem = nil, nil, ""
	number := r.asks
	r.mu.Unlock()
	r.ask(number)
}

// ask goes on with a check: what a variable has no value, the server says one by one.
func (r *requests) ask(number uint64) {
	r.mu.Lock()
	in := act.Requests{Text: r.text, Vars: map[string]string{}}
	for _, name := range r.asked {
		in.Vars[name] = r.values[name]
	}
	r.mu.Unlock()
	body, _ := json.Marshal(in) // strings always can be written
	r.client.Call("POST", "/api/requests/check", string(body), func(status int, answer string) {
		r.mu.Lock()
		further := r.asks == number && r.take(status, answer)
		r.mu.Unlock()
		if further {
			r.ask(number)
		}
		r.wake()
	})
}

// take takes an answer to a check, and reports whether it names one more variable without a value. The caller holds the lock.
func (r *requests) take(status int, answer string) (further bool) {
	if status == 200 {
		checked := &act.RequestsChecked{}
		if json.Unmarshal([]byte(answer), checked) == nil {
			r.checked = checked
			return false
		}
	}
	if r.lacks(answer) {
		return true
	}
	r.problem = requestsFailure(answer)
	return false
}

// lacks adds the variable to those asked for that a failure says to have no value, and reports whether it names one. The caller holds the lock.
func (r *requests) lacks(answer string) bool {
	var f act.Failure
	if json.Unmarshal([]byte(answer), &f) != nil {
		return false
	}
	name, ok := strings.CutPrefix(f.Field, "vars.")
	if !ok || slices.Contains(r.asked, name) || len(r.asked) >= maxAsked {
		return false
	}
	r.asked = append(r.asked, name)
	return true
}

// requestsFailure is the reason of a failure.
func requestsFailure(answer string) string {
	if text := failureText(answer); text != "" {
		return text
	}
	return "the server gave no answer"
}
