package replay

import (
	"crypto/sha256"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// Digest is what is kept of a message to compare it: bounded, however long the message was.
type Digest struct {
	Op      frame.Opcode
	Length  uint64
	Preview []byte // its start, for people
	Cut     bool   // only its start was known
	exact   [sha256.Size]byte
	shape   string
}

// previewSize is how many bytes a [Digest] shows.
const previewSize = 120

// DigestOf returns the digest of a message.
func DigestOf(m *Message) Digest {
	d := Digest{Op: m.Op, Length: m.Length, Cut: m.Cut, exact: sha256.Sum256(m.Payload), shape: "plain"}
	d.Preview = append(d.Preview, m.Payload[:min(len(m.Payload), previewSize)]...)
	if v := parse(m.Payload); v != nil && !m.Cut {
		d.shape = v.shape
	}
	return d
}

// Verdict says how a message compares to the one of the capture.
type Verdict string

// The verdicts.
const (
	Same      Verdict = "same"    // byte by byte; of one that the capture has only the start of: in type and length
	SameShape Verdict = "shape"   // of the same type, and of the same shape
	Differs   Verdict = "differs" // of another type or shape
	Missing   Verdict = "missing" // the capture has it and it did not come
	Extra     Verdict = "extra"   // it came and the capture does not have it
)

// Difference is one line of a comparison. Want is of the capture and Got is what came; one of them may be nil.
type Difference struct {
	Number  int // from 1 up, in the capture or, of an extra one, among those that came
	Verdict Verdict
	Want    *Digest
	Got     *Digest
}

// ahead is how far a comparison looks for where the two go on alike.
const ahead = 64

// Compare compares what a peer said with what the capture has, in order. A message that is missing or extra does not make
// those behind it differ.
func Compare(want, got []Digest) (list []Difference) {
	i, j := 0, 0
	for i < len(want) && j < len(got) {
		v := judge(&want[i], &got[j])
		if v == Differs {
			skipWant, skipGot := resync(want[i:], got[j:])
			for range skipWant {
				list = append(list, Difference{i + 1, Missing, &want[i], nil})
				i++
			}
			for range skipGot {
				list = append(list, Difference{j + 1, Extra, nil, &got[j]})
				j++
			}
			if skipWant+skipGot > 0 {
				continue
			}
		}
		list = append(list, Difference{i + 1, v, &want[i], &got[j]})
		i, j = i+1, j+1
	}
	for ; i < len(want); i++ {
		list = append(list, Difference{i + 1, Missing, &want[i], nil})
	}
	for ; j < len(got); j++ {
		list = append(list, Difference{j + 1, Extra, nil, &got[j]})
	}
	return list
}

func judge(want, got *Digest) Verdict {
	switch {
	case want.Op != got.Op:
		return Differs
	case want.Cut || got.Cut:
		if want.Length == got.Length {
			return Same
		}
		return Differs
	case want.exact == got.exact:
		return Same
	case want.shape == got.shape && want.Op != frame.Close:
		return SameShape
	}
	return Differs
}

// resync returns how many messages to pass over on one side so that the next two are alike; none when a pair that differs
// is the better account. Messages that are equal byte by byte are trusted more than those of one shape.
func resync(want, got []Digest) (skipWant, skipGot int) {
	equal := func(a, b *Digest) bool { return judge(a, b) == Same }
	alike := func(a, b *Digest) bool { return judge(a, b) != Differs }
	for _, same := range []func(a, b *Digest) bool{equal, alike} {
		for n := 1; n <= ahead; n++ {
			moreWant, moreGot := n < len(want), n < len(got)
			switch {
			case moreWant && moreGot && same(&want[n], &got[n]):
				return 0, 0 // they go on side by side
			case moreWant && same(&want[n], &got[0]):
				return n, 0
			case moreGot && same(&want[0], &got[n]):
				return 0, n
			}
		}
	}
	return 0, 0
}
