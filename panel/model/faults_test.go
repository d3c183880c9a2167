package model

import (
	"testing"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/scope/act"
)

// These tests prove that the panel's switches write decks that the server reads, and that a held frame is taken over as it is.

func TestEveryPresetIsARuleInItsCanonicalForm(t *testing.T) {
	text := ""
	for _, p := range Presets {
		d, err := fault.Parse(p.Rule)
		if err != nil || len(d.Rules) != 1 || d.String() != p.Rule+"\n" {
			t.Errorf("%s: %q, %v", p.Name, d, err)
		}
		text = ToggleRule(text, p.Rule)
	}
	for _, p := range Presets {
		if !HasRule(text, p.Rule) {
			t.Errorf("%s is not in\n%s", p.Name, text)
		}
	}
	for _, p := range Presets {
		text = ToggleRule(text, p.Rule)
	}
	if text != "" {
		t.Errorf("switched off again, %q is left", text)
	}
}

func TestAToggleLeavesTheRestAlone(t *testing.T) {
	const mine = "seed 4\n# what breaks on Mondays\nop:ping  =>  drop\n"
	with := ToggleRule(mine, "=> merge")
	if want := mine + "=> merge\n"; with != want {
		t.Errorf("%q", with)
	}
	if back := ToggleRule(with, "=> merge"); back != mine {
		t.Errorf("%q", back)
	}
	if without := ToggleRule(mine, "op:ping => drop"); without != "seed 4\n# what breaks on Mondays\n" {
		t.Errorf("spaces make no difference: %q", without)
	}
}

func TestHeldFramesAreShownAndTakenOver(t *testing.T) {
	held := func(op frame.Opcode, masked bool, payload string) act.InterceptedFrame {
		h := frame.Header{Fin: true, Opcode: op, Masked: masked, Key: [4]byte{}}
		if masked {
			h.Key = [4]byte{1, 2, 3, 4}
		}
		return act.InterceptedFrame{Conn: 3, To: act.ToServer, ID: 1, Bytes: frame.AppendFrame(nil, h, []byte(payload))}
	}
	for _, c := range []struct {
		frame      act.InterceptedFrame
		text       string
		form, body string
	}{
		{held(frame.Text, true, "line\nline"), "line line", ComposeText, "line\nline"},
		{held(frame.Text, false, `{"a":1}`), `{"a":1}`, ComposeJSON, `{"a":1}`},
		{held(frame.Binary, true, "\x01\xff"), "01 ff", ComposeHex, "01 ff"},
	} {
		rows := New(Options{}).InterceptedRows([]act.InterceptedFrame{c.frame, {Bytes: []byte{0x81}}})
		if len(rows) != 1 || rows[0].Text != c.text {
			t.Errorf("%+v", rows)
		}
		if got := ComposeIntercepted(c.frame); got.Form != c.form || got.Body != c.body || got.Conn != 3 || got.To != act.ToServer {
			t.Errorf("%+v", got)
		}
	}
}
