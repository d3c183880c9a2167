package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxBriefBytes is how much of a message is read for its summary when a person chose the decoder.
const maxBriefBytes = 64 << 10

// viewOf is a decoded message and what else was asked about it: decoding takes long, and a detail is drawn often.
type viewOf struct {
	decode.View
	options []string
	chosen  string
}

// line returns a line of the view, nil for a number that none has.
func (v *viewOf) line(n int) *decode.Line {
	if n < 0 || n >= len(v.Lines) {
		return nil
	}
	return &v.Lines[n]
}

// decoding is how messages are decoded: by the decoder that a person chose for the connection, else by the best guess.
type decoding struct {
	conns   *conns
	streams *streams
	schema  schema
	whole   bool // summaries read all of a message: a person's paths may lead anywhere
}

// input returns a message as decoders want it.
func (c *decoding) input(r *record.Record, o frame.Opcode) decode.Input {
	in := decode.Input{
		Payload: r.Bytes(), Length: r.Inflated, Text: o == frame.Text, In: r.Dir == record.In, Schema: c.schema.as[r.Dir&1],
	}
	if k := c.conns.byID[r.Conn]; k != nil {
		in.Subprotocol, in.Path = k.Subprotocol, k.Path
	}
	return in
}

// chosen returns the decoder that a person chose for a connection, "" when it is guessed.
func (c *decoding) chosen(conn uint32) string {
	if k := c.conns.byID[conn]; k != nil {
		return k.decoder
	}
	return ""
}

// choose chooses the decoder of a connection, "" to guess again, and reports whether that is possible.
func (c *decoding) choose(conn uint32, name string) bool {
	k := c.conns.byID[conn]
	if k == nil || name != "" && decode.Named(name) == nil {
		return false
	}
	k.decoder = name
	return true
}

// brief decodes the message that a row ends, for its summary and its pair.
func (c *decoding) brief(r rows.Row) decode.View {
	in := decode.Input{
		Payload: r.Content(), Length: r.Inflated(), Text: r.MessageOpcode() == frame.Text, In: r.Dir() == record.In,
		Schema: c.schema.as[r.Dir()], Before: c.streams.of(r.ID()),
	}
	if k := c.conns.of(r); k != nil {
		in.Subprotocol, in.Path = k.Subprotocol, k.Path
		if d := decode.Named(k.decoder); k.decoder != "" && d != nil {
			in.Length = max(in.Length, uint64(len(in.Payload)))
			in.Payload = in.Payload[:min(len(in.Payload), maxBriefBytes)]
			return decode.Decode(d, in)
		}
	}
	if c.whole {
		return decode.Read(in)
	}
	return decode.Brief(in)
}

func decodeAs(name string, in decode.Input) decode.View {
	if d := decode.Named(name); d != nil {
		return decode.Decode(d, in)
	}
	return decode.Best(in)
}

// decoderNames returns the decoders that could read a message, the most likely first, and then the others.
func decoderNames(in decode.Input) (names []string) {
	seen := map[string]bool{}
	for _, g := range decode.Guess(in) {
		names, seen[g.Decoder.Name()] = append(names, g.Decoder.Name()), true
	}
	for _, d := range decode.All() {
		if !seen[d.Name()] {
			names = append(names, d.Name())
		}
	}
	return names
}
