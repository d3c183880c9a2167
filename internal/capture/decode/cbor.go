package decode

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/binscan"
)

// cborData reads CBOR (RFC 8949).
type cborData struct{}

func (cborData) Name() string { return "CBOR" }

func (cborData) Guess(in *Input) Confidence {
	b := in.Payload
	described := bytes.HasPrefix(b, []byte{0xD9, 0xD9, 0xF7}) // RFC 8949 §3.4.6
	switch {
	case strings.Contains(in.Subprotocol, "cbor"), described:
		return Sure
	case in.Text || len(b) < 2 || b[0]>>5 != 4 && b[0]>>5 != 5 && b[0]>>5 != 6:
		return No
	case !walks(in, binaryWalk(binscan.CBOR)):
		return No
	case b[0]>>5 == 5 && b[1]>>5 == 3:
		return Likely
	}
	return Maybe
}

func (cborData) decode(in *Input, t *tree) error { return t.binarySequence(binscan.CBOR, in) } // RFC 8742

// cborTag names the tags that are met often (IANA's registry of CBOR tags).
func cborTag(n uint64) string {
	out := "tag " + strconv.FormatUint(n, 10)
	if name := map[uint64]string{0: "time as text", 1: "time in seconds", 2: "large number", 3: "large negative number", 24: "CBOR inside", 32: "URI", 37: "UUID", 55799: "CBOR"}[n]; name != "" {
		return out + ": " + name
	}
	return out
}
