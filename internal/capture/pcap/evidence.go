package pcap

import (
	"bytes"
	"compress/flate"
	"io"
	"math"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Evidence that a stream without a handshake is a WebSocket, in bits: each bit makes it twice as likely in comparison with another protocol whose
// messages happen to be framed like this, so what frames say counts, and how they are framed counts little. What is framed like masked frames is
// believed when the payload without its mask reads as messages do, and as it passed does not: keys are random (RFC 6455 §5.3), and the bytes of
// other protocols under an invented key are, too.
const (
	bitsNeeded      = 20
	bitsMoreNeeded  = 30 // at most, one for each segment that spoke against
	bitsAgreement   = 4  // for each frame, where the frames of one half are masked and those of the other are not
	bitsMasked      = 20 // for the payload of one frame at most
	bitsUnmasked    = 12 // for that of an unmasked one, which other protocols may have behind a length, too
	bitsClose       = 10 // a close code that is assigned
	bitsInflated    = 8  // a message that ends where its compressed data does
	bitsStrangeText = -12
	bitsOpaque      = -2 // a binary message that is compressed or encrypted says nothing

	evidencePayload = 8 << 10 // bytes of a payload that are inflated
	evidenceBytes   = 256     // bytes that are read as text
)

// evidence is what the frames of a half say for WebSocket. The zero value says nothing.
type evidence struct {
	bits float64
	raw  regularity // of masked payloads as they passed
}

// add adds what the payload of a frame says. The inflater is that of all streams.
func (e *evidence) add(f *frame.Frame, z *evidenceInflater) {
	p := f.Payload[:min(len(f.Payload), evidenceBytes)]
	switch {
	case f.Opcode == frame.Close:
		e.bits += e.clamp(f, p, closeBits(f.Payload), 0)
	case f.Rsv == frame.RSV1:
		if f.Fin && uint64(len(f.Payload)) == f.Length && z.whole(f.Payload) {
			e.bits += e.clamp(f, p, min(bitsInflated, float64(len(p))), 0)
		}
	case f.Opcode == frame.Text, f.Opcode == frame.Continuation:
		e.bits += e.clamp(f, p, likelihood(p, &textBits), bitsStrangeText)
	default:
		e.bits += e.clamp(f, p, likelihood(p, &binaryBits), bitsOpaque)
	}
}

// clamp bounds what a payload says, and takes away what it says as it passed: with a weak key, or none, it is the same.
func (e *evidence) clamp(f *frame.Frame, p []byte, bits, least float64) float64 {
	if !f.Masked {
		return min(max(bits, least), bitsUnmasked)
	}
	raw := bytes.Clone(p)
	for i := range raw {
		raw[i] ^= f.Key[i&3]
	}
	return min(max(bits-max(0, likelihood(raw, &textBits), likelihood(raw, &binaryBits), e.raw.add(raw)), least), bitsMasked)
}

// regularity is how often each of the eight bits of a byte was not set and set, and by how many bits a code that learns that makes the bytes
// shorter (the estimator of Krichevsky and Trofimov). Random bytes become no shorter.
type regularity struct {
	seen  [8][2]float64
	saved [8]float64
}

// add returns how many more bits are saved with p.
func (g *regularity) add(p []byte) float64 {
	before := g.total()
	for plane := range g.seen {
		seen := &g.seen[plane]
		for _, b := range p {
			bit := b >> plane & 1
			g.saved[plane] += 1 + math.Log2((seen[bit]+0.5)/(seen[0]+seen[1]+1))
			seen[bit]++
		}
	}
	return g.total() - before
}

func (g *regularity) total() (bits float64) {
	for _, saved := range g.saved {
		bits += max(0, saved-1) // it takes a bit to say that this plane is coded
	}
	return bits
}

// closeBits is what the payload of a close frame says (RFC 6455 §7.4).
func closeBits(payload []byte) float64 {
	code, _, violations := frame.ParseClose(payload)
	if violations == 0 && code >= 1000 && code <= 1014 {
		return bitsClose
	}
	return 0
}

// A class is a kind of byte or character. The tables say for each how many bits one of it adds: the logarithm of how often
// payloads have it, divided by how often random bytes do.
type class uint8

const (
	lower class = iota
	upper
	digit
	space
	jsonSign
	sign
	lineSign
	zero
	control
	twoBytes // characters of UTF-8
	threeBytes
	fourBytes
	high // a byte that is no part of UTF-8
	classes
)

// share is how often payloads have a class, and how many values of how many bytes are of it.
type share struct{ often, values, bytes float64 }

func bitsOf(shares [classes]share) (table [classes]float64) {
	for c, s := range shares {
		table[c] = math.Log2(s.often / s.values * math.Pow(256, s.bytes))
	}
	return table
}

var textBits = bitsOf([classes]share{
	lower: {0.42, 26, 1}, upper: {0.06, 26, 1}, digit: {0.10, 10, 1}, space: {0.08, 1, 1}, jsonSign: {0.16, 12, 1}, sign: {0.038, 20, 1},
	lineSign: {0.02, 3, 1}, zero: {0.001, 1, 1}, control: {0.01, 29, 1}, twoBytes: {0.06, 1920, 2}, threeBytes: {0.04, 61440, 3},
	fourBytes: {0.01, 1 << 20, 4}, high: {0.001, 128, 1},
})

var binaryBits = bitsOf([classes]share{
	lower: {0.24, 26, 1}, upper: {0.05, 26, 1}, digit: {0.06, 10, 1}, space: {0.03, 1, 1}, jsonSign: {0.08, 12, 1}, sign: {0.04, 20, 1},
	lineSign: {0.02, 3, 1}, zero: {0.15, 1, 1}, control: {0.12, 29, 1}, twoBytes: {0.02, 1920, 2}, threeBytes: {0.015, 61440, 3},
	fourBytes: {0.005, 1 << 20, 4}, high: {0.17, 128, 1},
})

// likelihood returns how much likelier payloads have these bytes than random ones, in bits.
func likelihood(p []byte, table *[classes]float64) (bits float64) {
	for len(p) > 0 {
		c, n := classOf(p)
		bits += table[c]
		p = p[n:]
	}
	return bits
}

// classOf returns the class of what p begins with, and its bytes.
func classOf(p []byte) (class, int) {
	if p[0] < utf8.RuneSelf {
		return asciiClass(p[0]), 1
	}
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError && n == 1 {
		return high, 1
	}
	return twoBytes + class(n-2), n
}

func asciiClass(b byte) class {
	switch {
	case b >= 'a' && b <= 'z':
		return lower
	case b >= 'A' && b <= 'Z':
		return upper
	case b >= '0' && b <= '9':
		return digit
	case b == ' ':
		return space
	case b == 0:
		return zero
	case b == '\t' || b == '\n' || b == '\r':
		return lineSign
	case b < ' ' || b == 0x7F:
		return control
	case bytes.IndexByte([]byte("\"':,{}[].-_/"), b) >= 0:
		return jsonSign
	}
	return sign
}

// evidenceInflater inflates messages whose compression context is not known. The zero value is ready; it is not safe for use
// by several goroutines at once.
type evidenceInflater struct {
	r       io.ReadCloser
	in      bytes.Buffer
	context []byte // 32 KiB, so that each distance is allowed
}

// whole reports whether a payload is the compressed data of a message, to its end (RFC 7692 §7.2.1).
func (z *evidenceInflater) whole(payload []byte) bool {
	z.in.Reset()
	z.in.Write(payload)
	z.in.WriteString("\x00\x00\xff\xff\x01\x00\x00\xff\xff")
	if z.r == nil {
		z.context = make([]byte, 32<<10)
		z.r = flate.NewReaderDict(&z.in, z.context)
	} else if err := z.r.(flate.Resetter).Reset(&z.in, z.context); err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z.r, evidenceInflated))
	return err == nil && n < evidenceInflated && z.in.Len() == 0
}

// evidenceInflated bounds what is inflated of a message, in bytes.
const evidenceInflated = 1 << 20
