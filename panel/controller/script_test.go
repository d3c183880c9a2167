package controller

import "testing"

// TestTheScriptIsShownSwitchedAndTried: the state of the script is asked for while the fault rules are open and there is one; switching sends the
// other state, a trial shows its report, and what fails is said.
func TestTheScriptIsShownSwitchedAndTried(t *testing.T) {
	c, _, client := newTest()
	client.answers["GET /api/script"] = `{"file":""}`
	c.SetControl(client)
	c.Do(ToggleFaults{})
	if c.Do(ToggleFaults{}); client.tick != nil {
		t.Error("the script is asked for again where there is none")
	}
	client.answers["GET /api/script"] = `{"file":"a.star","active":true,"calls":3,"mean":20}`
	last := func(want string) {
		t.Helper()
		if got := client.calls[len(client.calls)-1]; got != want {
			t.Errorf("the last call is %q, want %q", got, want)
		}
	}
	c.Do(ToggleFaults{})
	last("GET /api/script")
	if v := c.Snapshot().Script; v.Script.File != "a.star" || !v.Script.Active || v.Script.Calls != 3 {
		t.Errorf("%+v", v)
	}
	client.answers["PUT /api/script"] = `{"file":"a.star"}`
	c.Do(ToggleScript{})
	last(`PUT /api/script {"active":false}`)
	if c.Snapshot().Script.Script.Active {
		t.Error("it is shown as on")
	}
	c.Do(TryScript{}) // the client has no answer to it
	if v := c.Snapshot().Script; v.Failed == "" || v.Trying || v.Trial != nil {
		t.Errorf("%+v", v)
	}
	client.answers["POST /api/script/try"] = `{"records":2,"rules":[{"text":"script","matched":1}]}`
	c.Do(TryScript{})
	if v := c.Snapshot().Script; v.Failed != "" || v.Trial == nil || v.Trial.Rules[0].Matched != 1 {
		t.Errorf("%+v", v)
	}
	c.Do(ToggleFaults{})
	if client.tick != nil {
		t.Error("the script is asked for while it is not shown")
	}
}
