// These tests hold every decoder to its vectors: what it makes of them stands in testdata, as a person would see it, and
// -update rewrites it. The vectors are written from the protocols' own documents, not by our code.
package decode

import (
	"encoding/hex"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// vector is one payload, as text or as hexadecimal digits, and what is known about its connection.
type vector struct {
	text, hex         string
	subprotocol, path string
	in                bool
	schema            *Schema
}

func (v vector) input(t *testing.T) Input {
	t.Helper()
	in := Input{Payload: []byte(v.text), Text: v.hex == "", Subprotocol: v.subprotocol, Path: v.path, In: v.in, Schema: v.schema}
	if v.hex != "" {
		b, err := hex.DecodeString(strings.ReplaceAll(v.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		in.Payload = b
	}
	in.Length = uint64(len(in.Payload))
	return in
}

// golden decodes each vector with d, checks that a guess would have chosen d, and compares all of it with the file.
func golden(t *testing.T, d Decoder, vectors []vector) {
	t.Helper()
	var out strings.Builder
	for _, v := range vectors {
		in := v.input(t)
		best := "nothing"
		if all := Guess(in); len(all) > 0 {
			best = all[0].Decoder.Name() + ", " + all[0].Confidence.String()
		}
		out.WriteString("--- " + strings.TrimRight(strconv.QuoteToGraphic(v.text+v.hex), "\n") + "\nguess: " + best + "\n")
		write(&out, Decode(d, in))
	}
	name := "testdata/" + strings.ToLower(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(d.Name())) + ".golden"
	if *update {
		if err := os.WriteFile(name, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || out.String() != string(want) {
		t.Fatalf("not as in %s (%v); see with -update and git diff what changed:\n%s", name, err, out.String())
	}
}

func write(out *strings.Builder, v View) {
	out.WriteString("summary: " + v.Summary + "\n")
	if v.Pair.Role != None {
		out.WriteString(v.Pair.Role.String() + ": " + v.Pair.Key + "\n")
	}
	for _, l := range v.Lines {
		out.WriteString(strings.Repeat("  ", l.Depth+1) + l.Key + ": " + strconv.QuoteToGraphic(l.Value) + " " + l.Type.String())
		if l.From >= 0 {
			out.WriteString(" " + strconv.Itoa(l.From) + "–" + strconv.Itoa(l.To))
		}
		out.WriteString("\n")
	}
	if v.Left != "" {
		out.WriteString("left: " + v.Left + "\n")
	}
	if v.Err != nil {
		out.WriteString("error: " + v.Err.Error() + "\n")
	}
}
