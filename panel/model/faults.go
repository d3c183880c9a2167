package model

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Preset is a rule that one switches on and off with one click.
type Preset struct{ Name, Rule string }

// Presets are the rules that the panel offers, in its order. They are where most people begin; the text has the rest.
var Presets = []Preset{
	{"latency", "=> delay 100ms..300ms"},
	{"slow line", "=> rate 20KiB/s"},
	{"drop 5%", "op:text,binary => drop 5%"},
	{"duplicate 5%", "op:text,binary => duplicate 5%"},
	{"reorder 10%", "op:text,binary => reorder 10%"},
	{"corrupt 1%", "op:text,binary => corrupt 1%"},
	{"split in 3", "op:text,binary => split 3"},
	{"merge fragments", "=> merge"},
	{"never pong", "op:pong => drop"},
	{"ping every 5 s", "every 5s => ping"},
	{"close 1012 after 30 s", "after 30s in => close 1012"},
	{"reset after 30 s", "after 30s => reset"},
	{"half-open", "dir:in => blackhole"},
	{"blackhole", "=> blackhole"},
	{"refuse handshakes", "handshake => refuse 503"},
	{"flap", "=> flap 20s 5s"},
	{"intercept all to the client", "dir:in op:text,binary => intercept 5m0s"},
	{"intercept all to the server", "dir:out op:text,binary => intercept 5m0s"},
}

// HasRule reports whether a ruleset has a line.
func HasRule(rules, rule string) bool {
	return slices.ContainsFunc(strings.Split(rules, "\n"), func(line string) bool { return sameRule(line, rule) })
}

// ToggleRule returns the ruleset with one line more, or without it. Everything else, comments included, stays.
func ToggleRule(rules, rule string) string {
	lines := strings.Split(strings.TrimRight(rules, "\n"), "\n")
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

// InterceptedRow is an intercepted frame as a line of the panel.
type InterceptedRow struct {
	act.InterceptedFrame
	Op   string
	Path string // what its connection is called; "" when that is not known
	Text string // the start of its payload
	Size uint64 // of all of it
}

// maxInterceptedText is how many characters of an intercepted payload are shown.
const maxInterceptedText = 80

// InterceptedRows are the intercepted frames as lines. What is no whole frame is left out: the server intercepts none.
func (m *Model) InterceptedRows(frames []act.InterceptedFrame) (rows []InterceptedRow) {
	for _, f := range frames {
		h, payload, ok := interceptedPayload(f)
		if !ok {
			continue
		}
		row := InterceptedRow{InterceptedFrame: f, Op: h.Opcode.String(), Size: uint64(len(payload))}
		if k := m.conns.byID[f.Conn]; k != nil {
			row.Path = k.FullName()
		}
		head := payload[:min(len(payload), 4*maxInterceptedText)]
		if utf8.Valid(payload) && h.Opcode != frame.Binary {
			row.Text = singleLine(string(head))
		} else {
			row.Text = format.Hex(head, maxInterceptedText/3)
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
	return string(runes[:min(len(runes), maxInterceptedText)])
}

// interceptedPayload returns the header and the unmasked payload of an intercepted frame.
func interceptedPayload(f act.InterceptedFrame) (h frame.Header, payload []byte, ok bool) {
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

// ComposeIntercepted returns a composer filled with an intercepted frame, to be changed and sent in its place.
func ComposeIntercepted(f act.InterceptedFrame) Compose {
	c := NewCompose()
	c.Conn, c.To = f.Conn, f.To
	h, payload, _ := interceptedPayload(f) // what cannot be read leaves the composer empty
	c.NoFin, c.Rsv = !h.Fin, h.Rsv
	fillCompose(&c, payload, h.Opcode)
	return c
}
