package controller

import (
	"errors"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// These tests prove that an element carries a command without loss, that anything else is an error with its place, and what
// commands and keys do that the panel's own tests do not show.

// TestACommandSurvivesItsElement: what an element carries is the command again, whatever is in its fields.
func TestACommandSurvivesItsElement(t *testing.T) {
	for _, cmd := range []Command{
		ToggleHelp{},
		ToggleMenu{FileMenu},
		ToggleMenu{NoMenu},
		Copy{model.FormCurl},
		ToggleDirection{record.In},
		ToggleType{rows.TypeGap},
		ChooseConn{4294967295},
		UseQuery{`$.a="b=c" or 'x'`},
		CopyText{"ws://h/?a=b"},
		RemoveTerm{3},
		SetComposer{"body", "a=b\n=c"},
		SetComposer{"mask", ""},
		EndConn{"fin", act.ToServer},
		EndConn{"rst", ""},
		ToggleRsv{4},
		Save{"har"},
		CloseDialled{-1},
		Update{model.Clear{}},
		Update{model.Select{ID: 1<<64 - 1}},
		Update{model.SetDecoder{Name: "MQTT"}},
		Update{model.SetPage{Page: -1}},
		Update{model.SetView{View: rows.Frames}},
		Update{model.Fold{Offset: 12}},
	} {
		word, arg := Attributes(cmd)
		got, err := ParseCommand(word, arg)
		if err != nil || got != cmd {
			t.Errorf("%#v is carried as %q %q and read as %#v, %v", cmd, word, arg, got, err)
		}
	}
	for word, cmd := range drawn {
		got, arg := Attributes(cmd)
		if got != word {
			t.Errorf("%q and %q are the same command", word, got)
		}
		if read, err := ParseCommand(word, arg); err != nil || read != cmd {
			t.Errorf("%q with argument %q is read as %#v, %v; want %#v", word, arg, read, err, cmd)
		}
	}
}

// TestAttributesThatAreNoCommand: an unknown word and an argument that does not fit are reported with what was read.
func TestAttributesThatAreNoCommand(t *testing.T) {
	for _, c := range []struct{ word, arg, want string }{
		{"no such thing", "", `unknown command "no such thing"`},
		{"", "1", `unknown command ""`},
		{"select", "two", `command "select" with argument "two": strconv.ParseUint: parsing "two": invalid syntax`},
		{"select", "", `command "select" with argument "": strconv.ParseUint: parsing "": invalid syntax`},
		{"dir", "256", `command "dir" with argument "256": strconv.ParseUint: parsing "256": value out of range`},
		{"help", "1", `command "help" with argument "1": want 0 values`},
		{"compose-end", "rst", `command "compose-end" with argument "rst": want 2 values`},
	} {
		cmd, err := ParseCommand(c.word, c.arg)
		var e *CommandError
		if cmd != nil || !errors.As(err, &e) || err.Error() != c.want || e.Word != c.word || e.Arg != c.arg {
			t.Errorf("%q %q: %#v, %v; want %s", c.word, c.arg, cmd, err, c.want)
		}
	}
}

// testPage notes what the controller asks of the page.
type testPage struct {
	Page     // what a test does not expect panics
	asked    []string
	saved    []byte // the last file
	full     bool   // the browser stores nothing
	recalled string // for every key
}

func (p *testPage) Download(_, _ string, data []byte) { p.saved = data }
func (p *testPage) note(s string)                     { p.asked = append(p.asked, s) }
func (p *testPage) Kept(string) string                { return "" }
func (p *testPage) Recall(string) string              { return p.recalled }
func (p *testPage) Remember(key, text string) bool {
	p.note("remember " + key + " " + text)
	return !p.full
}
func (p *testPage) SetFilterText(text string, _ int) { p.note("filter " + text) }
func (p *testPage) FocusGrid()                       { p.note("focus grid") }
func (p *testPage) FocusFilter()                     { p.note("focus filter") }
func (p *testPage) ShowCompletion(int)               {}
func (p *testPage) Link(uint64, string, string)      {}
func (p *testPage) Theme(name string)                { p.note("theme " + name) }
func (p *testPage) FocusGoTo()                       { p.note("focus goto") }

// testClient is a control API whose responses a test gives.
type testClient struct {
	calls   []string
	answers map[string]string // by method and path
	values  map[string]string // of boxes
	tick    func()
	line    func(text string) // of the response that is streamed
	done    func(problem string)
	picked  func(name string, data []byte, problem string)
	stopped bool                                          // the stream was aborted
	answer  func(method, path, body string) (int, string) // to every call, when it is not nil
	waits   bool                                          // answers come later, by late
	late    []func()                                      // answers that have not come
	dialled func(state string, over bool)
}

func (c *testClient) Call(method, path, body string, answer func(int, string)) {
	c.calls = append(c.calls, strings.TrimSpace(method+" "+path+" "+body))
	if c.answer != nil {
		answer(c.answer(method, path, body))
		return
	}
	if text, ok := c.answers[method+" "+path]; ok && c.waits {
		c.late = append(c.late, func() { answer(200, text) })
		return
	}
	if text, ok := c.answers[method+" "+path]; ok {
		answer(200, text)
		return
	}
	answer(404, `{"error":"unknown","text":"not there"}`)
}

func (c *testClient) Stream(path, body string, line, done func(string)) func() {
	c.calls = append(c.calls, "STREAM "+path+" "+body)
	c.line, c.done = line, done
	return func() {
		c.stopped = true
		done("")
	}
}

func (c *testClient) Every(_ int, f func()) func() {
	c.tick = f
	return func() { c.tick = nil }
}
func (c *testClient) SetValue(id, text string)                            { c.values[id] = text }
func (c *testClient) FocusBox(string)                                     {}
func (c *testClient) PickFile(_ int, picked func(string, []byte, string)) { c.picked = picked }
func (c *testClient) Dial(url string, subprotocols []string, state func(string, bool)) func() {
	c.calls = append(c.calls, strings.TrimSpace("dial "+url+" "+strings.Join(subprotocols, ",")))
	c.dialled = state
	return func() {}
}

func newTest() (*Controller, *testPage, *testClient) {
	page := &testPage{}
	client := &testClient{answers: map[string]string{"GET /api/rules": `{"text":""}`}, values: map[string]string{}}
	return New(model.New(model.Options{}), page, "ws://h", func() {}), page, client
}

// TestWithoutAServerNothingIsSent: every command that needs the control API says why it does nothing.
func TestWithoutAServerNothingIsSent(t *testing.T) {
	c, _, _ := newTest()
	for _, cmd := range []Command{ToggleComposer{}, Resend{}, EditSelected{}, SendComposed{}, ToggleFin{}, ToggleFaults{}, ApplyRules{}, TryRules{}, DropFrame{0}} {
		c.Do(cmd)
		if s := c.Snapshot(); s.Note != "No server: connections cannot be changed from here" || s.Composer.Open || s.Faults.Open {
			t.Errorf("%T: %q", cmd, s.Note)
		}
	}
}

// TestOneDrawerIsOpen: opening one drawer closes the other, and Escape closes what is open.
func TestOneDrawerIsOpen(t *testing.T) {
	c, _, client := newTest()
	c.SetControl(client)
	open := func() (composer, faults bool) {
		s := c.Snapshot()
		return s.Composer.Open, s.Faults.Open
	}
	c.Do(ToggleComposer{})
	c.Do(ToggleFaults{})
	if composer, faults := open(); composer || !faults {
		t.Errorf("composer %v, faults %v", composer, faults)
	}
	c.Do(ToggleComposer{})
	if composer, faults := open(); !composer || faults {
		t.Errorf("composer %v, faults %v", composer, faults)
	}
	if c.Key("Escape", ""); c.Snapshot().Composer.Open {
		t.Error("Escape closes the composer")
	}
}

// TestInterceptedFramesArePolledWhileARuleIntercepts: the list comes with the rule, a resolved frame leaves it at once and
// does not come back with an answer that was on its way, and polling ends with the rule.
func TestInterceptedFramesArePolledWhileARuleIntercepts(t *testing.T) {
	c, _, client := newTest()
	const rule = `"stop" => intercept 10m`
	client.answers["PUT /api/rules"] = `{"text":"\"stop\" => intercept 10m"}`
	client.answers["GET /api/intercepted"] = `{"frames":[{"conn":1,"to":"client","id":7,"bytes":"gQFh"},{"conn":1,"to":"client","id":8,"bytes":"gQFi"}]}`
	client.answers["POST /api/conns/1/resolve"] = `{}`
	c.SetControl(client)
	c.Do(ToggleFaults{})
	c.WriteRules(rule)
	if !c.Snapshot().Faults.Changed {
		t.Error("what is written is not active yet")
	}
	c.Do(ApplyRules{})
	if f := c.Snapshot().Faults; f.Active != rule || f.Changed || f.Rules != 1 || client.values["faults-text"] != rule {
		t.Fatalf("%+v, the box has %q", f, client.values["faults-text"])
	}
	client.tick()
	c.Do(ForwardFrame{0})
	for range 2 {
		if list := c.Snapshot().Faults.Intercepted; len(list) != 1 || list[0].ID != 8 {
			t.Fatalf("intercepted: %+v", list)
		}
		client.tick() // the server's list is still the old one
	}
	c.Do(DropFrame{5}) // there is none
	client.answers["PUT /api/rules"] = `{"text":""}`
	c.Do(ClearRules{})
	if f := c.Snapshot().Faults; client.tick != nil || len(f.Intercepted) != 0 || f.Rules != 0 {
		t.Errorf("%+v after the rules were cleared", f)
	}
	if got := client.calls[len(client.calls)-1]; got != `PUT /api/rules {"text":""}` {
		t.Errorf("the last call was %s", got)
	}
}

// TestAHiddenFrameIsNotEdited: the composer does not open with what stands in place of a credential, and the reason is said.
func TestAHiddenFrameIsNotEdited(t *testing.T) {
	c, _, client := newTest()
	client.answers["GET /api/rules"] = `{"text":"=> intercept 10m"}`
	client.answers["GET /api/intercepted"] = `{"frames":[{"conn":1,"to":"server","id":7,"bytes":"gQhbaGlkZGVuXQ==","hidden":true},{"conn":1,"to":"server","id":8,"bytes":"gQFi"}]}`
	c.SetControl(client)
	c.Do(ToggleFaults{})
	client.tick()
	for i, hidden := range []bool{true, false} {
		c.Do(EditFrame{i})
		if s := c.Snapshot(); s.Composer.Open == hidden || (s.Note == HiddenFrame) != hidden {
			t.Errorf("frame %d: the composer is open: %t; note %q", i, s.Composer.Open, s.Note)
		}
	}
}

// TestALateAnswerIsNotShown: the answer to what the active rules were, when it comes after that to a change of them, does not bring them back.
func TestALateAnswerIsNotShown(t *testing.T) {
	c, _, client := newTest()
	client.answers["GET /api/rules"], client.answers["PUT /api/rules"] = `{"text":"=> drop\n"}`, `{"text":""}`
	c.SetControl(client)
	client.waits = true
	c.Do(ToggleFaults{})
	c.Do(ClearRules{})
	if len(client.late) != 2 {
		t.Fatalf("%d requests were made: %q", len(client.late), client.calls)
	}
	client.late[1]()
	client.late[0]()
	if got := c.Snapshot().Faults; got.Active != "" {
		t.Errorf("%q is shown as active", got.Active)
	}
}

// TestRulesAreTried: what rules would do is shown until the box changes; what is wrong with them is shown, and an answer that comes after a
// change is dropped.
func TestRulesAreTried(t *testing.T) {
	c, _, client := newTest()
	client.answers["POST /api/rules/try"] = `{"records":7,"rules":[{"text":"=> drop","matched":2,"removed":2,"examples":[{"rule":1,"seq":3,"conn":1,"outcome":"removes"}]}]}`
	c.SetControl(client)
	c.Do(ToggleFaults{})
	c.WriteRules("=> drop")
	c.Do(TryRules{})
	if got := c.Snapshot().Faults.Trial; got == nil || got.Records != 7 || got.Rules[0].Removed != 2 {
		t.Fatalf("%+v", got)
	}
	if got := client.calls[len(client.calls)-1]; got != `POST /api/rules/try {"text":"=\u003e drop"}` {
		t.Errorf("the last call was %s", got)
	}
	c.WriteRules("=> lose")
	if got := c.Snapshot().Faults.Trial; got != nil {
		t.Errorf("%+v is still shown for another text", got)
	}
	c.faults.tried("=> drop", 200, client.answers["POST /api/rules/try"])
	if got := c.Snapshot().Faults; got.Trial != nil || got.Problem != "" {
		t.Errorf("%+v is shown for another text", got)
	}
	c.faults.tried("=> lose", 400, `{"error":"line 1, column 4: no"}`)
	if got := c.Snapshot().Faults; got.Trial != nil || got.Problem != "line 1, column 4: no" {
		t.Errorf("%+v", got)
	}
}

// TestSavedFilters: a filter is saved once, used, deleted, and every change is stored.
func TestSavedFilters(t *testing.T) {
	c, page, _ := newTest()
	c.Filter("op:ping", 7)
	c.Do(SaveFilter{})
	c.Do(SaveFilter{})
	if list := c.Snapshot().FilterBox.Saved; len(list) != 1 || list[0] != (SavedFilter{Text: "op:ping"}) {
		t.Fatalf("saved: %q", list)
	}
	c.Do(ClearQuery{})
	c.Do(UseSaved{0})
	if got := c.Snapshot().Status.Filter.Text; got != "op:ping" {
		t.Errorf("the filter is %q", got)
	}
	c.Do(UseSaved{9})
	c.Do(DeleteSaved{-1})
	c.Do(DeleteSaved{0})
	if list := c.Snapshot().FilterBox.Saved; len(list) != 0 {
		t.Errorf("saved: %q", list)
	}
	if last := page.asked[len(page.asked)-1]; last != "remember filters []" {
		t.Errorf("the last request to the page was %q", last)
	}
}

// TestUnknownNamesAreReported: a setting, a field or a purpose of a file that does not exist is shown, never dropped.
func TestUnknownNamesAreReported(t *testing.T) {
	c, _, client := newTest()
	c.SetControl(client)
	for want, do := range map[string]func(){
		`Unknown setting "colour"`:                           func() { c.Set("colour", "red") },
		`The composer has no field "colour"`:                 func() { c.Do(SetComposer{"colour", "red"}) },
		`No use for the file a.bin: unknown purpose picture`: func() { c.TakeFile("picture", "a.bin", nil) },
	} {
		if do(); c.Snapshot().Note != want {
			t.Errorf("%q, want %q", c.Snapshot().Note, want)
		}
	}
}
