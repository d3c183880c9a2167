package controller

import (
	"strings"
	"testing"
)

// TestTargetsAreAddedAndRemoved: what is in the boxes is asked for, what is wrong is shown and the boxes stay; once it was added they are empty. The
// list is asked for while the settings are open, and no longer.
func TestTargetsAreAddedAndRemoved(t *testing.T) {
	c, _, client := newTest()
	client.answers["GET /api/targets"] = `{"targets":[{"name":"a \"b\"","url":"ws://h/x","flags":"-target a=ws://h/x"}]}`
	client.answers["DELETE /api/targets/shop"] = `{"targets":[]}`
	c.SetControl(client)
	last := func(want string) {
		t.Helper()
		if got := client.calls[len(client.calls)-1]; got != want {
			t.Errorf("the last call is %q, want %q", got, want)
		}
	}
	c.Do(ToggleSettings{})
	last("GET /api/targets")
	v := c.Snapshot().Settings.Targets
	if !v.Loaded || len(v.List) != 1 || v.TOML != "[targets]\n\"a \\\"b\\\"\" = \"ws://h/x\"\n" {
		t.Errorf("%+v", v)
	}
	c.Set(TargetName, " shop ")
	c.Set(TargetURL, "wss://h")
	c.Set(TargetPort, "many")
	c.Do(AddTarget{})
	if v := c.Snapshot().Settings.Targets; v.Problem != "Port is no number" || v.New.Name != "shop" {
		t.Errorf("%+v", v)
	}
	c.Set(TargetPort, "7400")
	c.Do(ToggleTargetInsecure{})
	c.Do(AddTarget{}) // the client has no answer to it: it fails
	last(`POST /api/targets {"name":"shop","url":"wss://h","port":7400,"insecure":true}`)
	if v := c.Snapshot().Settings.Targets; v.Problem == "" || v.New.Name != "shop" || v.Port != "7400" {
		t.Errorf("%+v", v)
	}
	if got := boxFailure(`{"error":"names no host","field":"url"}`); got != "URL names no host" {
		t.Error(got)
	}
	client.answers["POST /api/targets"] = `{}`
	c.Do(AddTarget{})
	last("GET /api/targets")
	if v := c.Snapshot().Settings.Targets; v.Problem != "" || v.New.Name != "" || v.Port != "" || v.New.Insecure {
		t.Errorf("%+v", v)
	}
	c.Do(RemoveTarget{Name: "shop"})
	last("DELETE /api/targets/shop")
	if v := c.Snapshot().Settings.Targets; len(v.List) != 0 || !strings.Contains(c.Snapshot().Note, "Removed the target shop") {
		t.Errorf("%+v", v)
	}
	c.Do(ToggleSettings{})
	if c.targets.stop != nil {
		t.Error("the targets are still asked for")
	}
}
