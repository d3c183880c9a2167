package frame

import (
	"iter"
	"math/bits"
	"strings"
)

// Violations is a set of violated rules, one bit for each. The bits are part of the capture's binary form: append new
// ones, never renumber.
type Violations uint64

// The rules that a frame or a message can violate. [Violation] has the section and a sentence for each.
const (
	UnmaskedClient Violations = 1 << iota
	MaskedServer
	RSVUndefined
	RSV1Continuation
	RSV1Control
	ReservedOpcode
	FragmentedControl
	LongControl
	ContinuationWithoutStart
	MessageInsideMessage
	NonMinimalLength
	LengthTopBit
	TextNotUTF8
	ReasonNotUTF8
	CloseBodyOneByte
	CloseCodeForbidden
	CloseCodeUnassigned
	AfterClose
	ZeroKey
	RepeatedKey
	DeflateData
	DeflateEnd
	InflateLimit
	InflateLost
	FrameCut
	InflateBudget
)

// Violation describes one violated rule.
type Violation struct {
	Bit         Violations // the one bit in a [Violations]
	Name        string     // a few words, lower case: "masked server frame"
	Section     string     // "RFC 6455 §5.1"
	Explanation string     // one sentence: what the rule is
}

// rules has one entry for each bit, in the order of the bits.
var rules = [...]Violation{
	{UnmaskedClient, "unmasked client frame", "RFC 6455 §5.1", "A client must mask every frame that it sends; a server must close the connection on one that is not."},
	{MaskedServer, "masked server frame", "RFC 6455 §5.1", "A server must not mask the frames that it sends; a client must close the connection on one that is."},
	{RSVUndefined, "reserved bit without an extension", "RFC 6455 §5.2", "A reserved bit must be 0 unless the handshake negotiated an extension that gives it a meaning."},
	{RSV1Continuation, "RSV1 on a continuation", "RFC 7692 §6.1", "RSV1 says that a whole message is compressed, so only its first frame may carry it."},
	{RSV1Control, "RSV1 on a control frame", "RFC 7692 §6.1", "Control frames are never compressed, so they must not carry RSV1."},
	{ReservedOpcode, "reserved opcode", "RFC 6455 §5.2", "Opcodes 3–7 and B–F are reserved; an endpoint that receives one must close the connection."},
	{FragmentedControl, "fragmented control frame", "RFC 6455 §5.5", "A control frame must be complete in one frame, with FIN set."},
	{LongControl, "control frame over 125 bytes", "RFC 6455 §5.5", "The payload of a control frame must be 125 bytes or less."},
	{ContinuationWithoutStart, "continuation without a start", "RFC 6455 §5.4", "A continuation frame must follow a text or binary frame that did not have FIN set."},
	{MessageInsideMessage, "new message inside a message", "RFC 6455 §5.4", "A new text or binary frame must wait for the end of the fragmented message before it."},
	{NonMinimalLength, "length in more bytes than needed", "RFC 6455 §5.2", "The payload length must be written in the fewest bytes that hold it."},
	{LengthTopBit, "length with its top bit set", "RFC 6455 §5.2", "The most significant bit of a 64-bit length must be 0; where the next frame starts cannot be known."},
	{TextNotUTF8, "text that is not UTF-8", "RFC 6455 §8.1", "A text message must be valid UTF-8 as a whole, across its fragments; the answer to one that is not is close code 1007."},
	{ReasonNotUTF8, "close reason that is not UTF-8", "RFC 6455 §5.5.1", "The reason in a close frame must be valid UTF-8; the answer to one that is not is close code 1007."},
	{CloseBodyOneByte, "close body of one byte", "RFC 6455 §5.5.1", "The body of a close frame is empty or starts with a two-byte code; one byte is neither."},
	{CloseCodeForbidden, "close code that must not be sent", "RFC 6455 §7.4.1", "Codes 1004, 1005, 1006 and 1015 describe what happened locally and must never be sent in a close frame."},
	{CloseCodeUnassigned, "undefined close code", "RFC 6455 §7.4.2", "Codes below 1000 and above 4999 are not used, and 1016–2999 are reserved for later revisions and extensions."},
	{AfterClose, "frame after a close frame", "RFC 6455 §5.5.1", "Nothing may be sent after a close frame."},
	{ZeroKey, "masking key of zero", "RFC 6455 §5.3", "A masking key must be unpredictable; a key of zero does not mask at all."},
	{RepeatedKey, "masking key used twice", "RFC 6455 §5.3", "A client must pick a fresh masking key for every frame; this one is the key of the frame before."},
	{DeflateData, "broken compressed data", "RFC 7692 §7.2.2", "The payload of a compressed message must be a valid DEFLATE stream once 00 00 FF FF is appended."},
	{DeflateEnd, "compressed message without its last block", "RFC 7692 §7.2.1", "A compressed message must end with an empty block whose last four bytes are left out; this one ends before it."},
	{InflateLimit, "compressed message over the limit", "RFC 6455 §10.4", "The message inflates to more than this inspector's limit (a deflate bomb, or just large); only its start was inflated."},
	{InflateLost, "compression context lost", "RFC 7692 §7.1.1", "The message refers to earlier ones that could not be inflated, so it cannot be inflated either; only its compressed bytes are known."},
	{FrameCut, "stream ended inside a frame", "RFC 6455 §7.1.5", "The connection ended before the frame did, so its last bytes never arrived and the close code is 1006."},
	{InflateBudget, "compressed message over the budget", "RFC 6455 §10.4", "The message inflates to far more than its size, as messages of all connections did before it (a flood of deflate bombs); only its start was inflated, to leave the processor to others."},
}

// All yields the violated rules of v in the order of their bits.
func (v Violations) All() iter.Seq[Violation] {
	return func(yield func(Violation) bool) {
		for v != 0 {
			i := bits.TrailingZeros64(uint64(v))
			if i >= len(rules) || !yield(rules[i]) {
				return
			}
			v &= v - 1
		}
	}
}

// Count returns how many rules are violated.
func (v Violations) Count() int { return bits.OnesCount64(uint64(v)) }

// String lists the names and sections, separated by "; ": "masked server frame (RFC 6455 §5.1)". Empty for none.
func (v Violations) String() string {
	var b strings.Builder
	for r := range v.All() {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(r.Name + " (" + r.Section + ")")
	}
	return b.String()
}
