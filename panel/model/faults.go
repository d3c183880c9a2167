package model

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Preset is a rule that one switches on and off with one click.
type Preset struct{ Name, Rule string }

// Presets are the rules that the panel offers, in its order. They are where most people begin; the text has the rest.
var Presets = []Preset{
	{"latency", "=> delay 100ms..300ms"},
	{"slow line", "=> rate 20KiB/s"},
	{"lose 5%", "op:text,binary => drop 5%"},
	{"double 5%", "op:text,binary => duplicate 5%"},
	{"reorder 10%", "op:text,binary => reorder 10%"},
	{"corrupt 1%", "op:text,binary => corrupt 1%"},
	{"split in 3", "op:text,binary => split 3"},
	{"merge fragments", "=> merge"},
	{"never pong", "op:pong => drop"},
	{"ping each 5 s", "every 5s => ping"},
	{"close 1012 after 30 s", "after 30s in => close 1012"},
	{"reset after 30 s", "after 30s => reset"},
	{"half-open", "dir:in => blackhole"},
	{"black hole", "=> blackhole"},
	{"refuse handshakes", "handshake => refuse 503"},
	{"flap", "=> flap 20s 5s"},
	{"hold all to the client", "dir:in op:text,binary => hold 5m0s"},
	{"hold all to the server", "dir:out op:text,binary => hold 5m0s"},
}

// HasRule reports whether a deck has a line.
func HasRule(deck, rule string) bool {
	return slices.ContainsFunc(strings.Split(deck, "\n"), func(line string) bool { return sameRule(line, rule) })
}

// ToggleRule returns the deck with a line more, or without it. What else stands there, comments included, stays.
func ToggleRule(deck, rule string) string {
	lines := strings.Split(strings.TrimRight(deck, "\n"), "\n")
	without := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return sameRule(line, rule) })
	switch {
	case len(without) < len(lines):
		lines = without
	case len(lines) == 1 && lines[0] == "":
		lines[0] = rule
	default:
		lines = append(lines, rule)
	}
	if len(lines) == 0 || len(lines) == 1 && lines[0] == "" {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func sameRule(line, rule string) bool {
	return strings.Join(strings.Fields(line), " ") == strings.Join(strings.Fields(rule), " ")
}

// HeldRow is a held frame as a line of the panel.
type HeldRow struct {
	act.HeldFrame
	Op   string
	Text string // the start of its payload
	Size uint64 // of all of it
}

// maxHeldText is how many characters of a held payload are shown.
const maxHeldText = 80

// HeldRows are the held frames as lines. What is no whole frame is left out: the server holds none.
func HeldRows(frames []act.HeldFrame) (rows []HeldRow) {
	for _, f := range frames {
		h, payload, ok := heldPayload(f)
		if !ok {
			continue
		}
		row := HeldRow{HeldFrame: f, Op: h.Opcode.String(), Size: uint64(len(payload))}
		head := payload[:min(len(payload), 4*maxHeldText)]
		if utf8.Valid(payload) && h.Opcode != frame.Binary {
			row.Text = singleLine(string(head))
		} else {
			row.Text = hexPreview(head, maxHeldText/3)
		}
		rows = append(rows, row)
	}
	return rows
}

// singleLine returns a text without line ends and cut at what a line shows.
func singleLine(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s))
	return string(runes[:min(len(runes), maxHeldText)])
}

// heldPayload returns the header and the unmasked payload of a held frame.
func heldPayload(f act.HeldFrame) (h frame.Header, payload []byte, ok bool) {
	h, n := frame.ParseHeader(f.Bytes)
	if n == 0 || uint64(len(f.Bytes)-n) != h.Length {
		return h, nil, false
	}
	payload = slices.Clone(f.Bytes[n:])
	for i := range payload {
		payload[i] ^= h.Key[i&3]
	}
	return h, payload, true
}

// ComposeHeld returns a composer filled with a held frame, to be changed and sent in its place.
func ComposeHeld(f act.HeldFrame) Compose {
	c := NewCompose()
	c.Conn, c.To = f.Conn, f.To
	h, payload, _ := heldPayload(f) // what cannot be read leaves the composer empty
	c.NoFin, c.Rsv = !h.Fin, h.Rsv
	c.take(payload, h.Opcode)
	return c
}
