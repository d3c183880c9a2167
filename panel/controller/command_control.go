package controller

import (
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// The commands of the composer.
type (
	// ToggleComposer opens or closes the composer.
	ToggleComposer struct{}
	// EditSelected opens the composer with the selected row.
	EditSelected struct{}
	// Resend sends the selected row again.
	Resend struct{}
	// SetComposer changes a box or a choice of the composer by its name.
	SetComposer struct{ Field, Value string }
	// ChooseTarget chooses the connection that the message goes into.
	ChooseTarget struct{ Conn uint32 }
	// ToggleFin changes the FIN bit of the last frame.
	ToggleFin struct{}
	// ToggleRsv changes a reserved bit of the first frame: 4 is RSV1, 2 is RSV2, 1 is RSV3.
	ToggleRsv struct{ Bit uint8 }
	// ToggleForce changes whether a message that violates the protocol may be sent.
	ToggleForce struct{}
	// PickPayload opens the file dialog for the payload.
	PickPayload struct{}
	// SendComposed sends the message.
	SendComposed struct{}
	// RepeatComposed sends the message repeatedly.
	RepeatComposed struct{}
	// StopRepeating stops that.
	StopRepeating struct{}
	// EndConn closes the TCP connection of the target: How and To are those of act.End.
	EndConn struct{ How, To string }
	// SaveTemplate saves the message as a template.
	SaveTemplate struct{}
	// LoadTemplate fills the composer with a template.
	LoadTemplate struct{ Index int }
	// DeleteTemplate deletes a template.
	DeleteTemplate struct{ Index int }
	// DialConn opens a connection from this page.
	DialConn struct{}
	// ToggleInsecure changes whether the certificate of the server to connect to is verified.
	ToggleInsecure struct{}
	// SaveDial remembers the connection that is described.
	SaveDial struct{}
	// LoadDial fills the boxes with a remembered connection.
	LoadDial struct{ Index int }
	// DeleteDial forgets a remembered connection.
	DeleteDial struct{ Index int }
	// CloseDialled closes a connection of this page.
	CloseDialled struct{ ID int }
)

// The commands of the fault rules and of intercepted frames.
type (
	// ToggleFaults opens or closes the fault rules.
	ToggleFaults struct{}
	// ApplyRules activates the rules in the box.
	ApplyRules struct{}
	// TryRules shows what the rules in the box would do to the capture.
	TryRules struct{}
	// ClearRules removes all active rules.
	ClearRules struct{}
	// TogglePreset activates or removes the rule of a preset.
	TogglePreset struct{ Index int }
	// ToggleScript switches the script on or off.
	ToggleScript struct{}
	// TryScript shows what the script would do to the capture.
	TryScript struct{}
	// ForwardFrame forwards an intercepted frame unchanged.
	ForwardFrame struct{ Index int }
	// DropFrame drops an intercepted frame.
	DropFrame struct{ Index int }
	// EditFrame opens the composer with an intercepted frame.
	EditFrame struct{ Index int }
)

// withComposer performs an action of the composer if there is a control API.
func (c *Controller) withComposer(do func(*composer)) {
	if c.control.available() {
		do(&c.composer)
	}
}

// withForm changes the composed message.
func (c *Controller) withForm(change func(*model.Compose)) {
	c.withComposer(func(k *composer) {
		c.mu.Lock()
		change(&k.form)
		k.redraft()
		c.mu.Unlock()
		c.wake()
	})
}

// withFaults performs an action of the fault rules if there is a control API.
func (c *Controller) withFaults(do func(*faults)) {
	if c.control.available() {
		do(&c.faults)
	}
}

func (ToggleComposer) run(c *Controller) { c.withComposer((*composer).toggle) }
func (EditSelected) run(c *Controller)   { c.withComposer((*composer).editSelected) }
func (Resend) run(c *Controller) {
	c.withComposer(func(k *composer) {
		if form, ok := k.resend(); ok {
			c.sendComposed(form)
		}
	})
}

func (s SetComposer) run(c *Controller) {
	c.withComposer(func(k *composer) { k.set(s.Field, s.Value) })
}

func (t ChooseTarget) run(c *Controller) {
	c.withForm(func(f *model.Compose) {
		f.SetConn(t.Conn)
		c.composer.awaited = nil
	})
}
func (ToggleFin) run(c *Controller) { c.withForm((*model.Compose).ToggleFin) }
func (r ToggleRsv) run(c *Controller) {
	c.withForm(func(f *model.Compose) { f.ToggleRsv(r.Bit) })
}
func (ToggleForce) run(c *Controller) { c.withForm((*model.Compose).ToggleForce) }
func (PickPayload) run(c *Controller) {
	c.withComposer(func(k *composer) { k.client.PickFile(act.MaxPayload, k.takeFile) })
}

func (SendComposed) run(c *Controller) {
	c.withComposer(func(k *composer) {
		if form, ok := k.composed(); ok {
			c.sendComposed(form)
		}
	})
}

// sendComposed sends a message, or puts it in the place of the intercepted frame that is edited.
func (c *Controller) sendComposed(form model.Compose) {
	m, err := form.Message()
	if err != nil {
		c.control.show(err.Error(), true)
		return
	}
	if h := c.composer.replacement(form.Conn, m.To); h != nil {
		c.faults.resolve(*h, act.Resolution{Decision: act.Replace, Message: &m})
		return
	}
	c.composer.send(form.Conn, m)
}

func (RepeatComposed) run(c *Controller) { c.withComposer((*composer).repeat) }
func (StopRepeating) run(c *Controller)  { c.withComposer((*composer).stopRepeating) }
func (e EndConn) run(c *Controller) {
	c.withComposer(func(k *composer) { k.end(act.End{How: e.How, To: e.To}) })
}
func (SaveTemplate) run(c *Controller) { c.withComposer((*composer).saveTemplate) }
func (t LoadTemplate) run(c *Controller) {
	c.withComposer(func(k *composer) { k.loadTemplate(t.Index) })
}

func (t DeleteTemplate) run(c *Controller) {
	c.withComposer(func(k *composer) { k.deleteTemplate(t.Index) })
}
func (DialConn) run(c *Controller) { c.withComposer((*composer).dial) }
func (ToggleInsecure) run(c *Controller) {
	c.withComposer(func(k *composer) {
		k.mu.Lock()
		k.to.Insecure = !k.to.Insecure
		k.mu.Unlock()
		k.wake()
	})
}
func (SaveDial) run(c *Controller) { c.withComposer((*composer).saveDial) }
func (d LoadDial) run(c *Controller) {
	c.withComposer(func(k *composer) { k.loadDial(d.Index) })
}

func (d DeleteDial) run(c *Controller) {
	c.withComposer(func(k *composer) { k.deleteDial(d.Index) })
}

func (d CloseDialled) run(c *Controller) {
	c.withComposer(func(k *composer) { k.closeDialled(d.ID) })
}

func (ToggleFaults) run(c *Controller) {
	c.withFaults(func(f *faults) {
		f.toggle()
		c.script.load()
	})
}
func (ToggleScript) run(c *Controller) { c.withFaults(func(*faults) { c.script.toggle() }) }
func (TryScript) run(c *Controller)    { c.withFaults(func(*faults) { c.script.try() }) }
func (ApplyRules) run(c *Controller)   { c.withFaults((*faults).applyWritten) }
func (TryRules) run(c *Controller)     { c.withFaults((*faults).try) }
func (ClearRules) run(c *Controller)   { c.withFaults(func(f *faults) { f.apply("") }) }
func (p TogglePreset) run(c *Controller) {
	c.withFaults(func(f *faults) { f.togglePreset(p.Index) })
}

func (i ForwardFrame) run(c *Controller) { c.resolve(i.Index, act.Forward) }
func (i DropFrame) run(c *Controller)    { c.resolve(i.Index, act.Discard) }

// resolve decides about an intercepted frame by its place in the list.
func (c *Controller) resolve(i int, decision string) {
	c.withFaults(func(f *faults) {
		if h, ok := f.at(i); ok {
			f.resolve(h, act.Resolution{Decision: decision})
		}
	})
}

// HiddenFrame is why an intercepted frame whose payload is hidden cannot be edited.
const HiddenFrame = "It holds a credential, which is hidden: forward it as it arrived, or drop it"

func (i EditFrame) run(c *Controller) {
	c.withFaults(func(f *faults) {
		switch h, ok := f.at(i.Index); {
		case !ok:
		case h.Hidden:
			c.Note(HiddenFrame)
		default:
			c.composer.fill(model.ComposeIntercepted(h), &h)
		}
	})
}
