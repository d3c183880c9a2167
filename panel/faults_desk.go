package panel

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// faults is the state of the fault deck. The desk's lock guards it.
type faults struct {
	open    bool
	text    string // in the box
	armed   string // in force, in its canonical form
	problem string
	held    []act.HeldFrame
	decided map[heldKey]bool // about these; answers that were on their way still have them
	editing *act.HeldFrame   // the composer's message takes the place of this one
	watch   func()           // ends the asking after held frames; nil while nobody asks
}

// heldKey names a held frame.
type heldKey struct {
	conn uint32
	to   string
	id   uint64
}

func keyOf(h act.HeldFrame) heldKey { return heldKey{h.Conn, h.To, h.ID} }

// faultsView is what a drawing of the fault deck needs.
type faultsView struct {
	open, changed  bool
	armed, problem string
	rules          int
	held           []model.HeldRow
}

// heldEvery is how often the server is asked for held frames while there may be some, in milliseconds.
const heldEvery = 500

// faultsLook returns what is drawn. The caller holds the lock.
func (d *Desk) faultsLook() faultsView {
	f := &d.faults
	return faultsView{
		open: f.open, armed: f.armed, problem: f.problem, held: model.HeldRows(f.held),
		rules: strings.Count(f.armed, "=>"), changed: strings.TrimSpace(f.text) != strings.TrimSpace(f.armed),
	}
}

// doFaults performs the commands of the fault deck.
func (d *Desk) doFaults(word string, n uint64) bool {
	if word != "faults" && !strings.HasPrefix(word, "faults-") && !strings.HasPrefix(word, "held-") {
		return false
	}
	d.mu.Lock()
	actor, text, armed := d.compose.actor, d.faults.text, d.faults.armed
	d.mu.Unlock()
	if actor == nil {
		d.Note("There is no server behind this panel that could act")
		return true
	}
	switch word {
	case "faults":
		d.toggleFaults()
	case "faults-arm":
		d.arm(text)
	case "faults-off":
		d.arm("")
	case "faults-preset":
		if n < uint64(len(model.Presets)) {
			d.arm(model.ToggleRule(armed, model.Presets[n].Rule))
		}
	case "held-forward":
		d.decide(n, act.Decision{Verdict: act.Forward})
	case "held-discard":
		d.decide(n, act.Decision{Verdict: act.Discard})
	case "held-edit":
		d.editHeld(n)
	default:
		return false
	}
	return true
}

// onFaults takes what was typed into the deck.
func (p *Panel) onFaults(ctx app.Context, _ app.Event) {
	p.desk.writeDeck(ctx.JSSrc().Get("value").String())
}

func (d *Desk) writeDeck(text string) {
	d.mu.Lock()
	d.faults.text, d.faults.problem = text, ""
	d.mu.Unlock()
	d.wake()
}

func (d *Desk) toggleFaults() {
	d.mu.Lock()
	f := &d.faults
	f.open = !f.open
	d.compose.open = false
	open := f.open
	d.mu.Unlock()
	if open {
		d.learnDeck(true)
	} else {
		d.page.FocusGrid()
	}
	d.wake()
}

// closeFaults closes the drawer when it is open and nobody types in it.
func (d *Desk) closeFaults(typing bool) bool {
	d.mu.Lock()
	open := d.faults.open
	d.mu.Unlock()
	if !open || typing {
		return false
	}
	d.toggleFaults()
	return true
}

// learnDeck asks which deck is in force: it may have come with the server's start, or from somebody else.
func (d *Desk) learnDeck(show bool) {
	d.mu.Lock()
	actor := d.compose.actor
	d.mu.Unlock()
	actor.Call("GET", "/api/deck", "", func(status int, text string) { d.deckIs(status, text, show) })
}

// arm puts a deck in force.
func (d *Desk) arm(text string) {
	d.mu.Lock()
	actor := d.compose.actor
	d.mu.Unlock()
	body, err := json.Marshal(act.Deck{Text: text})
	if err != nil {
		return // a text is JSON
	}
	actor.Call("PUT", "/api/deck", string(body), func(status int, answer string) { d.deckIs(status, answer, true) })
}

// deckIs takes the server's word for what is in force. Show puts it into the box.
func (d *Desk) deckIs(status int, answer string, show bool) {
	var deck act.Deck
	d.mu.Lock()
	f, actor := &d.faults, d.compose.actor
	if status != 200 || json.Unmarshal([]byte(answer), &deck) != nil {
		f.problem = failureText(answer)
		d.mu.Unlock()
		d.wake()
		return
	}
	f.armed, f.problem = deck.Text, ""
	if show {
		f.text = deck.Text
	}
	open := f.open
	d.watchHeld(strings.Contains(deck.Text, "=> hold"))
	d.mu.Unlock()
	if show && open {
		actor.SetValue("faults-text", deck.Text)
	}
	d.wake()
}

// watchHeld asks again and again for what is held, as long as a rule holds something. The caller holds the lock.
func (d *Desk) watchHeld(on bool) {
	f := &d.faults
	switch {
	case on && f.watch == nil:
		f.watch = d.compose.actor.Every(heldEvery, d.askHeld)
	case !on && f.watch != nil:
		f.watch()
		f.watch, f.held = nil, nil
	}
}

func (d *Desk) askHeld() {
	d.mu.Lock()
	actor := d.compose.actor
	d.mu.Unlock()
	actor.Call("GET", "/api/held", "", func(status int, text string) {
		var list act.HeldFrames
		if status != 200 || json.Unmarshal([]byte(text), &list) != nil {
			return // the feed's state tells that the server is away
		}
		d.mu.Lock()
		if d.faults.watch != nil {
			d.faults.took(list.Frames)
		}
		d.mu.Unlock()
		d.wake()
	})
}

// took takes the server's list, without what was decided about meanwhile.
func (f *faults) took(list []act.HeldFrame) {
	still := map[heldKey]bool{}
	f.held = nil
	for _, h := range list {
		if k := keyOf(h); f.decided[k] {
			still[k] = true
		} else {
			f.held = append(f.held, h)
		}
	}
	f.decided = still
}

// heldAt returns a held frame by its place in the list.
func (d *Desk) heldAt(n uint64) (act.HeldFrame, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n >= uint64(len(d.faults.held)) {
		return act.HeldFrame{}, false
	}
	return d.faults.held[n], true
}

func (d *Desk) decide(n uint64, what act.Decision) {
	if h, ok := d.heldAt(n); ok {
		d.decideOn(h, what)
	}
}

// decideOn tells the server what becomes of a held frame.
func (d *Desk) decideOn(h act.HeldFrame, what act.Decision) {
	what.To, what.ID = h.To, h.ID
	body, err := json.Marshal(what)
	if err != nil {
		return // a decision is JSON
	}
	d.mu.Lock()
	f := &d.faults
	f.held = slices.DeleteFunc(slices.Clone(f.held), func(o act.HeldFrame) bool { return keyOf(o) == keyOf(h) })
	if f.decided == nil {
		f.decided = map[heldKey]bool{}
	}
	f.decided[keyOf(h)] = true
	d.mu.Unlock()
	d.call(h.Conn, "decide", string(body), func(string) string {
		return map[string]string{act.Forward: "Forwarded as it came", act.Discard: "Dropped", act.Replace: "Sent in its place"}[what.Verdict]
	})
	d.wake()
}

// editHeld takes a held frame into the composer.
func (d *Desk) editHeld(n uint64) {
	h, ok := d.heldAt(n)
	if !ok {
		return
	}
	d.mu.Lock()
	d.faults.open = false
	d.mu.Unlock()
	d.fill(model.ComposeHeld(h))
	d.mu.Lock()
	d.faults.editing = &h
	d.mu.Unlock()
	d.wake()
}

// replaceHeld sends what was composed in place of the held frame that is edited, and reports whether there is one.
func (d *Desk) replaceHeld(conn uint32, m act.Message) bool {
	d.mu.Lock()
	h := d.faults.editing
	if h == nil || h.Conn != conn || h.To != m.To {
		d.mu.Unlock()
		return false
	}
	d.faults.editing = nil
	d.mu.Unlock()
	d.decideOn(*h, act.Decision{Verdict: act.Replace, Message: &m})
	return true
}
