package file

import (
	"encoding/base64"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// content is bytes: as text when they are UTF-8, else in base64.
type content struct {
	Text   *string `json:"text,omitempty"`
	Base64 *string `json:"base64,omitempty"`
}

func newContent(b []byte) content {
	if utf8.Valid(b) {
		s := string(b)
		return content{Text: &s}
	}
	s := base64.StdEncoding.EncodeToString(b)
	return content{Base64: &s}
}

func (c *content) bytes() ([]byte, error) {
	switch {
	case c.Text != nil:
		return []byte(*c.Text), nil
	case c.Base64 != nil:
		b, err := base64.StdEncoding.DecodeString(*c.Base64)
		if err != nil {
			return nil, &fieldError{"base64", "is not base64: " + err.Error()}
		}
		return b, nil
	}
	return []byte{}, nil
}

// fieldError is a field whose value no record has.
type fieldError struct {
	name string
	what string
}

func (e *fieldError) Error() string { return strconv.Quote(e.name) + " " + e.what }

func parseKind(s string) (record.Kind, error) {
	for k := record.KindRequest; k <= record.KindTransit; k++ {
		if k.String() == s {
			return k, nil
		}
	}
	if n, err := strconv.ParseUint(s, 10, 8); err == nil {
		return record.Kind(n), nil
	}
	return 0, &fieldError{"kind", "is " + quoted(s) + ": no kind of record"}
}

func parseSide(s string) (record.Side, error) {
	for side := record.SideNone; side <= record.SideServer; side++ {
		if s == side.String() {
			return side, nil
		}
	}
	if s == "" {
		return record.SideNone, nil
	}
	return record.SideNone, &fieldError{"by", "is " + quoted(s) + ": want client, server or none"}
}

// violationNames writes violations. A bit that this program has no name for is written as "bit 40".
func violationNames(v frame.Violations) (names []string) {
	for ; v != 0; v &= v - 1 {
		names = append(names, violationName(v&-v))
	}
	return names
}

func violationName(bit frame.Violations) string {
	for v := range bit.All() {
		return v.Name
	}
	return "bit " + strconv.Itoa(bits.TrailingZeros64(uint64(bit)))
}

func violationNamed(name string) frame.Violations {
	for i := range 64 {
		if bit := frame.Violations(1) << i; violationName(bit) == name {
			return bit
		}
	}
	return 0
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func cutTo(s string, n int) string { return s[:min(len(s), n)] }

// quoted makes foreign text safe to show.
func quoted(s string) string {
	if len(s) > 40 {
		return strconv.Quote(s[:40]) + "…"
	}
	return strconv.Quote(s)
}
