package controller

import (
	"fmt"
	"strings"
	"testing"
)

// newRequests returns a controller whose requests are open.
func newRequests() (*Controller, *testPage, *testClient) {
	c, page, client := newTest()
	c.SetControl(client)
	c.Do(ToggleRequests{})
	return c, page, client
}

// TestWithoutAServerRequestsSaySo: the drawer opens without a server and has nothing that could be run.
func TestWithoutAServerRequestsSaySo(t *testing.T) {
	c, _, _ := newTest()
	c.Key("Q", "")
	if v := c.Snapshot().Requests; !v.Open || v.Available {
		t.Errorf("%+v", v)
	}
	for _, cmd := range []Command{CheckRequests{}, RunRequests{}, StopRequests{}, KeepRequests{}, UseRequests{}, DropRequests{}, OpenRequests{}, SaveRequests{}} {
		c.Do(cmd)
		if note := c.Snapshot().Note; note != "No server: connections cannot be changed from here" {
			t.Errorf("%T: %q", cmd, note)
		}
	}
	if c.Key("Escape", ""); c.Snapshot().Requests.Open {
		t.Error("Escape does not close them")
	}
}

// TestRequestsAreCheckedAndVariablesAskedFor: a check finds variables without a value one after another, takes what a person wrote for them, says
// another error, and lists what there is; a change of the text takes its result away, and an answer that comes after it is dropped.
func TestRequestsAreCheckedAndVariablesAskedFor(t *testing.T) {
	c, _, client := newRequests()
	needs := []string{"host", "user"}
	client.answer = func(_, _, body string) (int, string) {
		for _, name := range needs {
			if !strings.Contains(body, fmt.Sprintf("%q:", name)) {
				return 400, fmt.Sprintf(`{"error":"requests:1:3: no variable is called %s","field":"vars.%s"}`, name, name)
			}
		}
		return 200, `{"requests":[{"name":"a","url":"ws://{{host}}","line":1,"steps":2}]}`
	}
	c.WriteRequests("text", "x")
	c.Do(CheckRequests{})
	v := c.Snapshot().Requests
	if len(v.Asked) != 2 || v.Asked[0].Name != "host" || v.Asked[1].Name != "user" || v.Problem != "" || v.Checked == nil || v.Checked.Requests[0].Steps != 2 {
		t.Fatalf("%+v", v)
	}
	c.WriteRequests("var-user", "ann")
	c.WriteRequests("var-other", "x")
	c.Do(CheckRequests{})
	if got, want := client.calls[len(client.calls)-1], `POST /api/requests/check {"text":"x","vars":{"host":"","user":"ann"}}`; got != want {
		t.Errorf("the last call is %s, want %s", got, want)
	}
	client.answer = func(_, _, _ string) (int, string) {
		return 400, `{"error":"requests:5:1: the filter cannot be read","field":"text"}`
	}
	c.Do(CheckRequests{})
	if v := c.Snapshot().Requests; v.Problem != "requests:5:1: the filter cannot be read" || v.Checked != nil || len(v.Asked) != 0 {
		t.Errorf("%+v", v)
	}
	client.answer, client.waits = nil, true
	client.answers["POST /api/requests/check"] = `{"requests":[]}`
	c.Do(CheckRequests{})
	c.WriteRequests("text", "y")
	client.late[0]()
	if v := c.Snapshot().Requests; v.Checked != nil || v.Problem != "" {
		t.Errorf("a late answer is shown: %+v", v)
	}
}

// TestVariablesAskedForAreBounded: a server that always names another variable is asked 33 times, and then its failure is shown.
func TestVariablesAskedForAreBounded(t *testing.T) {
	c, _, client := newRequests()
	n := 0
	client.answer = func(_, _, _ string) (int, string) {
		n++
		return 400, fmt.Sprintf(`{"error":"one more","field":"vars.v%d"}`, n)
	}
	c.Do(CheckRequests{})
	if v := c.Snapshot().Requests; n != maxAsked+1 || len(v.Asked) != maxAsked || v.Problem != "one more" {
		t.Errorf("%d questions; %d variables, %q", n, len(v.Asked), v.Problem)
	}
}

// TestRequestsAreRun: a run sends text, variables that have a value and the one request; its lines are listed as they come, within bounds; its end
// is counted; while it runs no other begins; lines of an earlier one are dropped, and a refused run asks for the variable.
func TestRequestsAreRun(t *testing.T) {
	c, _, client := newRequests()
	c.WriteRequests("text", "x")
	c.Do(RunRequests{Only: "a=b"})
	if got, want := client.calls[len(client.calls)-1], `STREAM /api/requests/run {"text":"x","only":"a=b"}`; got != want {
		t.Errorf("the call is %s, want %s", got, want)
	}
	calls := len(client.calls)
	if c.Do(RunRequests{}); len(client.calls) != calls {
		t.Error("a second run began beside the first")
	}
	line := client.line
	line(`{"step":{"request":"a","step":1,"outcome":"failed","problem":"no","conn":7,"dir":"in","message":2}}`)
	line(`no JSON`)
	if v := c.Snapshot().Requests; !v.Running || len(v.Steps) != 1 || v.Steps[0].Problem != "no" || v.State != "running: 1 step so far" || v.Failed {
		t.Errorf("%+v", v)
	}
	for range maxSteps {
		line(`{"step":{"request":"a","outcome":"skipped"}}`)
	}
	line(`{"end":{"passed":2,"failed":1}}`)
	client.done("")
	if v := c.Snapshot().Requests; v.Running || len(v.Steps) != maxSteps || v.More != 1 || v.State != "2 passed, 1 failed" || !v.Failed || v.End == nil {
		t.Errorf("%d steps, %d more, %q", len(v.Steps), v.More, v.State)
	}
	c.Do(RunRequests{})
	line(`{"step":{"request":"earlier"}}`)
	client.done(`{"error":"requests:3:1: no variable is called host","field":"vars.host"}`)
	v := c.Snapshot().Requests
	if len(v.Steps) != 0 || v.Running || !v.Failed || v.Problem != "requests:3:1: no variable is called host" || len(v.Asked) != 1 {
		t.Errorf("%+v", v)
	}
	c.WriteRequests("var-host", "h:1")
	c.Do(RunRequests{})
	if got := client.calls[len(client.calls)-1]; !strings.HasSuffix(got, `"vars":{"host":"h:1"}}`) {
		t.Error(got)
	}
	client.done("")
	if v := c.Snapshot().Requests; !v.Failed || v.Problem != "the answer ended before the run did" {
		t.Errorf("%+v", v)
	}
}

// TestARunIsStopped: stopping ends the request and is no failure.
func TestARunIsStopped(t *testing.T) {
	c, _, client := newRequests()
	c.Do(RunRequests{})
	c.Do(StopRequests{})
	if v := c.Snapshot().Requests; !client.stopped || v.Running || v.Failed || v.State != "stopped" || v.Problem != "" {
		t.Errorf("%+v", v)
	}
	c.Do(StopRequests{}) // there is nothing to stop
}

// TestRequestsAreKept: requests are kept under names, within bounds, read again by the next page, and taken back into the boxes; when the browser
// stores nothing, that is said and nothing else changes.
func TestRequestsAreKept(t *testing.T) {
	c, page, client := newRequests()
	said := func(want string) {
		t.Helper()
		if got := c.Snapshot().Requests.Problem; !strings.Contains(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	c.Do(KeepRequests{})
	said("a name of at most 60 bytes")
	c.WriteRequests("name", " one ")
	c.Do(KeepRequests{})
	said("there is no text")
	c.WriteRequests("text", "first")
	c.Do(KeepRequests{})
	c.WriteRequests("text", "second")
	c.Do(KeepRequests{})
	if got := page.asked[len(page.asked)-1]; got != `remember requests [{"name":"one","text":"second"}]` {
		t.Error(got)
	}
	page.full = true
	c.WriteRequests("text", "third")
	c.Do(KeepRequests{})
	said("did not store it")
	c.Do(DropRequests{0})
	said("Not deleted: ")
	page.full = false
	c.Do(UseRequests{0})
	if client.values["requests-text"] != "second" || client.values["requests-name"] != "one" {
		t.Errorf("%q", client.values)
	}
	c.WriteRequests("name", "large")
	c.WriteRequests("text", strings.Repeat("#", maxKeptAll))
	c.Do(KeepRequests{})
	said("keeps 1 MiB of them in all")
	c.WriteRequests("text", "small")
	for i := range maxKeptRequests {
		c.WriteRequests("name", fmt.Sprint("n", i))
		c.Do(KeepRequests{})
	}
	said("keeps 40 of them")
	c.Do(UseRequests{99})
	c.Do(DropRequests{99})
	c.Do(DropRequests{0})
	if v := c.Snapshot().Requests; len(v.Kept) != maxKeptRequests-1 || v.Kept[0] != "n0" {
		t.Errorf("%q", v.Kept)
	}

	again, next, _ := newTest()
	next.recalled = strings.TrimPrefix(page.asked[len(page.asked)-1], "remember requests ")
	again.SetControl(client)
	again.Restore()
	if again.Do(ToggleRequests{}); len(again.Snapshot().Requests.Kept) != maxKeptRequests-1 {
		t.Errorf("%q", again.Snapshot().Requests.Kept)
	}
}

// TestRequestsComeFromAndGoToFiles: a file is put into the boxes under its name, one that is no text is refused, and what is saved has a name that a
// file can have.
func TestRequestsComeFromAndGoToFiles(t *testing.T) {
	c, page, client := newRequests()
	c.Do(OpenRequests{})
	client.picked("bad.toml", []byte{0xff}, "")
	if v := c.Snapshot().Requests; v.Problem != "bad.toml is no text in UTF-8" {
		t.Error(v.Problem)
	}
	client.picked("", nil, "No file was chosen")
	if v := c.Snapshot().Requests; v.Problem != "No file was chosen" {
		t.Error(v.Problem)
	}
	client.picked("log in.toml", []byte("text"), "")
	if client.values["requests-name"] != "log in" || client.values["requests-text"] != "text" {
		t.Errorf("%q", client.values)
	}
	c.WriteRequests("name", "../a:b")
	c.Do(SaveRequests{})
	if note := c.Snapshot().Note; string(page.saved) != "text" || note != "Saved ..-a-b.toml" {
		t.Errorf("%q, %s", page.saved, note)
	}
}

// TestRequestsAreADrawer: opening them closes the other drawers, and what was written is in the boxes again.
func TestRequestsAreADrawer(t *testing.T) {
	c, _, client := newRequests()
	c.WriteRequests("text", "kept while closed")
	c.Do(ToggleFaults{})
	if v := c.Snapshot(); v.Requests.Open || !v.Faults.Open {
		t.Error("two drawers are open, or the wrong one")
	}
	c.Do(ToggleRequests{})
	if v := c.Snapshot(); !v.Requests.Open || v.Faults.Open || client.values["requests-text"] != "kept while closed" {
		t.Errorf("%q", client.values)
	}
}
