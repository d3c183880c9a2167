package decode

import (
	"slices"
	"strconv"
	"strings"
)

// Input is one message and what is known about its connection. It is only read.
type Input struct {
	Payload     []byte  // as the application got it, as far as it was kept
	Length      uint64  // bytes that it had; 0 or less than len(Payload) means all of them were kept
	Text        bool    // a text message
	In          bool    // received by the client
	Subprotocol string  // that the handshake agreed on
	Path        string  // of the handshake's request, with its query
	Schema      *Schema // for Protobuf; may be nil
	Before      []byte  // what the messages before it left: see [Rest]. Only decoders of streams read it
}

// cut reports whether the end of the payload is missing.
func (in *Input) cut() bool { return in.Length > uint64(len(in.Payload)) }

// Confidence is how likely a payload is of a decoder's format.
type Confidence uint8

// The confidences.
const (
	No     Confidence = iota // cannot be
	Maybe                    // can be read that way; so can other things
	Likely                   // the shape fits
	Sure                     // the handshake or a signature says so
)

// String returns the word that the panel shows.
func (c Confidence) String() string {
	switch c {
	case No:
		return "no"
	case Maybe:
		return "a guess"
	case Likely:
		return "likely"
	case Sure:
		return "sure"
	}
	return "unknown"
}

// Decoder reads one format or protocol. Decoders are values without state and safe for use by several goroutines.
type Decoder interface {
	// Name is what the panel calls it: "GraphQL".
	Name() string
	// Guess returns how likely the payload is of this format. It looks at the start, or walks within the limits of a view.
	Guess(in *Input) Confidence
	// decode writes what it reads into t. An error is about a place in the payload; what was written before it stays.
	decode(in *Input, t *tree) error
}

// All returns the decoders in the order of guessing.
func All() []Decoder {
	return []Decoder{
		socketIO{},
		graphQL{},
		signalR{},
		phoenix{},
		wamp{},
		actionCable{},
		jsonRPC{},
		sockJS{},
		stomp{},
		eventStream{},
		mqtt{},
		image{},
		gzipped{},
		zlibbed{},
		zstandard{},
		jsonText{},
		cborData{},
		messagePack{},
		grpcWeb{},
		delimited{},
		protobuf{},
		brotlied{},
	}
}

// Named returns the decoder with a name, nil when there is none.
func Named(name string) Decoder {
	for _, d := range All() {
		if d.Name() == name {
			return d
		}
	}
	return nil
}

// Guessed is a decoder and how likely it is the right one.
type Guessed struct {
	Decoder    Decoder
	Confidence Confidence
}

// Guess returns the decoders that could read a payload, the most likely first.
func Guess(in Input) []Guessed {
	var out []Guessed
	in.Payload = in.Payload[:min(len(in.Payload), maxBytes)]
	for _, d := range All() {
		if c := d.Guess(&in); c > No {
			out = append(out, Guessed{d, c})
		}
	}
	slices.SortStableFunc(out, func(a, b Guessed) int { return int(b.Confidence) - int(a.Confidence) })
	return out
}

// Best decodes with the most likely decoder. The view has no decoder's name when none fits.
func Best(in Input) View { return best(in, maxLines) }

// Brief is Best for a row of the grid: the summary and the pair, from the first 64 KiB, and few lines.
func Brief(in Input) View {
	if in.Length < uint64(len(in.Payload)) {
		in.Length = uint64(len(in.Payload))
	}
	in.Payload = in.Payload[:min(len(in.Payload), briefBytes)]
	return best(in, briefLines)
}

func best(in Input, lines int) View {
	all := Guess(in)
	if len(all) == 0 {
		return View{}
	}
	v := run(all[0].Decoder, in, lines)
	v.Confidence = all[0].Confidence
	return v
}

// Decode decodes with the decoder that a person chose.
func Decode(d Decoder, in Input) View {
	v := run(d, in, maxLines)
	v.Confidence = d.Guess(&in)
	return v
}

func decodeWith(d Decoder, in *Input, t *tree) error {
	if s, ok := d.(streamed); ok {
		return decodeStream(s, in, t)
	}
	return d.decode(in, t)
}

func run(d Decoder, in Input, lines int) View {
	t := &tree{limit: lines, bytes: in.Payload}
	if len(in.Payload) > maxBytes {
		in.Length = max(in.Length, uint64(len(in.Payload)))
		in.Payload = in.Payload[:maxBytes]
		t.left = "only the first " + strconv.Itoa(maxBytes>>20) + " MiB were read"
	}
	err := decodeWith(d, &in, t)
	v := View{Decoder: d.Name(), Summary: clip(strings.TrimSpace(t.summary), maxSummary), Lines: t.lines, Pair: t.pair, Left: t.left, Body: t.body, Picture: t.picture}
	v.Err = asError(err, &in)
	return v
}
