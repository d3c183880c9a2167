package controller

import (
	"fmt"
	"testing"
)

// TestWhatTheBudgetRefusedIsSaid: in one line, beside the live capture only, until it is hidden, and again when there is more.
func TestWhatTheBudgetRefusedIsSaid(t *testing.T) {
	c, _, client := newTest()
	answer := func(refused int) {
		client.answers["GET /api/budget"] = fmt.Sprintf(`{"shares":[{"name":"a","means":"small things","refusal":"they go","limit":1048576,"used":1,"refused":0},
			{"name":"b","means":"large things","refusal":"they wait","limit":134217728,"used":1,"refused":%d}]}`, refused)
	}
	if c.SetControl(client); client.tick != nil {
		t.Error("a server without a budget is asked again")
	}
	answer(0)
	if c.SetControl(client); c.Snapshot().Shortage != "" || client.tick == nil {
		t.Errorf("nothing was refused: %q", c.Snapshot().Shortage)
	}
	for _, step := range []struct {
		refused int
		hide    bool
		want    string
	}{
		{2, false, "large things (2 times, 128 MiB): they wait"},
		{2, true, ""},
		{3, false, "large things (1 time, 128 MiB): they wait"},
		{0, false, ""}, // another server
	} {
		answer(step.refused)
		client.tick()
		if step.hide {
			c.Do(HideShortage{})
		}
		if got := c.Snapshot().Shortage; got != step.want {
			t.Errorf("%+v: %q", step, got)
		}
	}
	answer(9)
	client.tick()
	c.Open(opened(t, "../../internal/capture/file/testdata/cases", "bom.jsonl"))
	if s := c.Snapshot(); s.Shortage != "" || !s.File.Open {
		t.Errorf("beside a file: %q", s.Shortage)
	}
}
