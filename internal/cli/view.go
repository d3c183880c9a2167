package cli

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/terminal"
	"github.com/tetherscope/tetherscope/scope/act"
)

// view prints a conversation.
type view interface {
	// show prints a frame that was received, or the message that it ends. The frame is valid only during the call.
	show(f *frame.Frame) error
	// sent prints what was sent, if that is of use.
	sent(m act.Message)
}

// Bounds of what a terminal shows of one message.
const (
	maxText = 64 << 10 // bytes
	maxHex  = 512
)

// screenView shows a conversation to a person.
type screenView struct{ out *terminal.Writer }

func (v *screenView) show(f *frame.Frame) error {
	switch {
	case f.Opcode == frame.Close:
		code, reason, _ := frame.ParseClose(f.Payload)
		return v.print(terminal.Part{Style: terminal.Alert, Text: terminal.Line("↓ close %d %q\n", code, reason)})
	case f.Opcode.IsControl():
		return v.print(terminal.Part{Style: terminal.Dim, Text: terminal.Line("↓ %s %q\n", strings.ToLower(f.Opcode.String()), f.Payload)})
	case f.Message == nil:
		return nil
	}
	parts := append([]terminal.Part{{Style: terminal.Dim, Text: "↓ "}}, messageParts(f.Message)...)
	return v.print(append(parts, terminal.Part{Text: "\n"})...)
}

func (v *screenView) sent(m act.Message) {
	if m.Op == "" || m.Op == "text" {
		return // the line that was typed stands above
	}
	payload, _ := m.Payload() // it was sent
	_ = v.print(terminal.Part{Style: terminal.Dim, Text: terminal.Line("↑ %s, %s\n", m.Op, counted(len(payload), "byte"))})
}

func (v *screenView) print(parts ...terminal.Part) error {
	if err := v.out.Print(parts...); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// messageParts returns what is shown of a message.
func messageParts(m *frame.Message) []terminal.Part {
	if m.Opcode != frame.Text {
		shown := m.Body[:min(len(m.Body), maxHex)]
		text := fmt.Sprintf("%s, %s: %x", strings.ToLower(m.Opcode.String()), counted(m.Length, "byte"), shown)
		if m.Length > uint64(len(shown)) {
			text += "…"
		}
		return []terminal.Part{{Text: text}}
	}
	if uint64(len(m.Body)) == m.Length {
		if parts, ok := terminal.JSON(m.Body); ok {
			return parts
		}
	}
	shown := m.Body
	if len(shown) > maxText {
		shown = bytes.ToValidUTF8(shown[:maxText], nil)
	}
	parts := []terminal.Part{{Text: terminal.Indent(string(shown))}}
	if more := m.Length - uint64(len(shown)); more > 0 {
		parts = append(parts, terminal.Part{Style: terminal.Dim, Text: " … " + counted(more, "byte") + " more"})
	}
	return parts
}

// pipeView writes each message as one line.
type pipeView struct {
	io  *IO
	out *bufio.Writer
}

func (v *pipeView) show(f *frame.Frame) error {
	m := f.Message
	if m == nil {
		return nil
	}
	if m.Length > uint64(len(m.Body)) {
		v.io.notice("a message has %d bytes, of which the first %d follow\n", m.Length, len(m.Body))
	}
	line := oneLine(m)
	_, err := v.out.Write(append(line, '\n'))
	if err == nil {
		err = v.out.Flush()
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

func (v *pipeView) sent(act.Message) {}

// oneLine returns a message without line ends.
func oneLine(m *frame.Message) []byte {
	if m.Opcode != frame.Text {
		return hex.AppendEncode(nil, m.Body)
	}
	if bytes.IndexByte(m.Body, '\n') < 0 {
		return bytes.Clone(m.Body)
	}
	var b bytes.Buffer
	if json.Compact(&b, m.Body) == nil {
		return b.Bytes()
	}
	return bytes.ReplaceAll(m.Body, []byte("\n"), []byte(`\n`))
}

// recordView prints received frames as records.
type recordView struct{ out printer }

func (v *recordView) show(f *frame.Frame) error {
	r := frameRecord(f)
	v.out.last++
	r.Seq = v.out.last
	if err := v.out.print(r); err != nil {
		return err
	}
	if err := v.out.out.Flush(); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

func (v *recordView) sent(act.Message) {}
