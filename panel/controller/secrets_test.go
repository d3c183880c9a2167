package controller

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/recordtest"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// secretPage keeps what leaves the panel.
type secretPage struct {
	testPage
	left string // the last file or text
}

func (p *secretPage) Download(_, _ string, data []byte)              { p.left = string(data) }
func (p *secretPage) Share(_ string, data []byte, done func(string)) { p.left = string(data); done("") }
func (p *secretPage) Copy(text string)                               { p.left = text }
func (p *secretPage) Link(uint64, string, string)                    {}

// TestWhatLeavesThePanelHasNoCredentials proves that no file that the panel saves, exports or shares of an imported capture, and no command or JSON that
// it copies, has a credential, and that files have them for a person who keeps credentials.
func TestWhatLeavesThePanelHasNoCredentials(t *testing.T) {
	page := &secretPage{}
	c := New(model.New(model.Options{}), page, "ws://h", func() {})
	list := recordtest.Secretive()
	var batch []byte
	for i := range list {
		batch = record.AppendRecord(batch, &list[i])
	}
	c.Send(model.Batch{Bytes: append(record.AppendBatch(nil, record.Batch{First: 1, Count: uint64(len(list))}), batch...)})
	c.Send(model.SetView{View: rows.Frames})
	files := []Command{
		Save{"html"}, Save{"tscap"}, Save{"jsonl"}, Save{"csv"}, Save{"har"}, Save{"pcapng"}, Update{model.Export{}},
	}
	try := func(cmd Command, leaks bool) {
		t.Helper()
		page.left = ""
		c.Do(cmd)
		if leak := recordtest.Leak(page.left); page.left == "" || (leak != "") != leaks {
			t.Errorf("%#v, credentials kept %t: %d bytes, …%q", cmd, leaks, len(page.left), leak)
		}
	}
	for _, keep := range []bool{false, true} {
		for _, cmd := range files {
			try(cmd, keep)
		}
		c.Do(ToggleSecrets{})
	}
	for i := range list {
		if list[i].Kind == record.KindTransit {
			continue
		}
		c.Send(model.Select{ID: uint64(i)})
		for _, form := range []model.Form{model.FormJSON, model.FormWebsocat, model.FormCurl} {
			try(Copy{form}, false)
		}
	}
}
