package controller

import (
	"bytes"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/panel/model"
)

// hidesSecrets reports whether opened files are shown without credentials. The caller holds the lock.
func (c *core) hidesSecrets() bool { return !c.showSecrets && !c.keepSecrets }

// reread reads the files that are shown again, because their credentials are to be shown or hidden. The filter and the selected record stay.
func (c *core) reread() {
	files := c.again()
	if len(files) == 0 {
		c.wake()
		return
	}
	c.mu.Lock()
	seq, _ := c.model.Selection()
	query := c.model.Status().Draft
	c.mu.Unlock()
	go func() {
		c.open(files)
		c.putFilter(query)
		if seq > 0 {
			c.Send(model.Seek{Seq: seq})
		}
	}()
}

// redacted returns a record of a file as it is shown, and notes whether it has a credential.
func (b *batcher) redacted(r *record.Record) *record.Record {
	out := redact.Record(r)
	if out == r || bytes.Equal(out.Head, r.Head) && out.Name == r.Name && out.Remote == r.Remote && out.Reason == r.Reason && out.Reached.Address == r.Reached.Address {
		return r
	}
	b.core.mu.Lock()
	defer b.core.mu.Unlock()
	b.file.secrets = true
	if b.core.hidesSecrets() {
		return out
	}
	return r
}
