package controller

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/scope/act"
)

// targetsEvery is how often the targets are asked for while the settings are open, in milliseconds.
const targetsEvery = 2000

// The boxes of a new target.
const (
	TargetName Setting = "target-name"
	TargetURL  Setting = "target-url"
	TargetPort Setting = "target-port"
	TargetCA   Setting = "target-ca"
)

// The commands of targets.
type (
	// AddTarget adds the target that is described in the boxes.
	AddTarget struct{}
	// RemoveTarget removes a target and ends its connections.
	RemoveTarget struct{ Name string }
	// ToggleTargetInsecure changes whether the certificate of the new target is verified.
	ToggleTargetInsecure struct{}
)

func (AddTarget) run(c *Controller)            { c.targets.add() }
func (t RemoveTarget) run(c *Controller)       { c.targets.remove(t.Name) }
func (ToggleTargetInsecure) run(c *Controller) { c.flip(&c.targets.form.Insecure) }

// TargetsView is what a drawing of the targets needs.
type TargetsView struct {
	Loaded  bool // the server was asked: there is one
	List    []act.Target
	New     act.NewTarget
	Port    string // as it was written
	Problem string // with the new target
	TOML    string // what of tetherscope.toml has the targets at every start; "" for nothing
}

// targets are the servers that the proxy stands in front of. The core's lock guards the fields.
type targets struct {
	*control
	loaded  bool
	list    []act.Target
	form    act.NewTarget
	port    string
	problem string
	stop    func() // ends asking; nil while the settings are closed
}

// view returns what is drawn. The caller holds the lock.
func (t *targets) view() TargetsView {
	return TargetsView{Loaded: t.loaded, List: t.list, New: t.form, Port: t.port, Problem: t.problem, TOML: targetsTOML(t.list)}
}

// watch asks for the targets as long as open reports that they are shown.
func (t *targets) watch(open func() bool) {
	t.mu.Lock()
	client, on := t.client, open()
	if !on && t.stop != nil {
		t.stop()
		t.stop = nil
	}
	if on && t.stop == nil && client != nil {
		t.stop = client.Every(targetsEvery, t.load)
	}
	t.mu.Unlock()
	if on && client != nil {
		t.load()
	}
}

func (t *targets) load() { t.client.Call("GET", "/api/targets", "", t.take) }

// take takes the list of the targets.
func (t *targets) take(status int, text string) {
	var answer act.Targets
	if status != 200 || json.Unmarshal([]byte(text), &answer) != nil {
		return // the state of the feed shows that the server is away
	}
	t.mu.Lock()
	t.loaded, t.list = true, answer.Targets
	t.mu.Unlock()
	t.wake()
}

// set takes the text of a box.
func (t *targets) set(name Setting, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	value = strings.TrimSpace(value)
	t.problem = ""
	boxes := map[Setting]*string{TargetName: &t.form.Name, TargetURL: &t.form.URL, TargetPort: &t.port, TargetCA: &t.form.CA}
	if box := boxes[name]; box != nil {
		*box = value
	}
}

// add adds the target that is described.
func (t *targets) add() {
	if !t.available() {
		return
	}
	t.mu.Lock()
	in := t.form
	text := strings.TrimSpace(t.port)
	port, err := strconv.Atoi(text)
	if text != "" && err != nil {
		t.problem = "Port is no number"
		t.mu.Unlock()
		t.wake()
		return
	}
	in.Port = port
	t.mu.Unlock()
	body, _ := json.Marshal(in) // strings and a number always can be written
	t.client.Call("POST", "/api/targets", string(body), func(status int, text string) { t.added(in.Name, status, text) })
}

// added takes the answer about a new target.
func (t *targets) added(name string, status int, text string) {
	t.mu.Lock()
	if status == 200 {
		t.form, t.port, t.problem = act.NewTarget{}, "", ""
	} else {
		t.problem = boxFailure(text)
	}
	t.mu.Unlock()
	t.wake()
	if status != 200 {
		return
	}
	for _, box := range [...]Setting{TargetName, TargetURL, TargetPort, TargetCA} {
		t.client.SetValue(string(box), "")
	}
	t.Note("Added the target " + name)
	t.load()
}

// boxFailure returns the text of a failure behind the label of the box that it is about.
func boxFailure(text string) string {
	var f act.Failure
	labels := map[string]string{"name": "Name", "url": "URL", "port": "Port", "insecure": "Insecure", "ca": "Certificates"}
	if json.Unmarshal([]byte(text), &f) == nil && labels[f.Field] != "" {
		return labels[f.Field] + " " + f.Text
	}
	return failureText(text)
}

func (t *targets) remove(name string) {
	if !t.available() {
		return
	}
	t.client.Call("DELETE", "/api/targets/"+url.PathEscape(name), "", func(status int, text string) {
		if status != 200 {
			t.Note(failureText(text))
			return
		}
		t.take(status, text)
		t.Note("Removed the target " + name)
	})
}

// targetsTOML returns the lines of tetherscope.toml for the targets. It holds no ports and no choice of trust: those are flags.
func targetsTOML(list []act.Target) string {
	var out strings.Builder
	for _, one := range list {
		out.WriteString(strconv.Quote(one.Name) + " = " + strconv.Quote(one.URL) + "\n")
	}
	if out.Len() == 0 {
		return ""
	}
	return "[targets]\n" + out.String()
}
