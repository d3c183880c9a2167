package worker

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// Bounds of what a script prints for one message, and of an error.
const (
	maxPrints     = 20
	maxPrintBytes = 1 << 10
	maxErrorBytes = 2 << 10
)

// output is what a script prints.
type output struct {
	lines []string
	lost  uint64
}

func (o *output) print(text string) {
	if len(o.lines) == maxPrints {
		o.lost++
		return
	}
	o.lines = append(o.lines, cut(text, maxPrintBytes))
}

// reply returns the reply with what was printed, and an error if there is one.
func (o *output) reply(err error) *wire.Reply {
	r := &wire.Reply{Prints: o.lines, Unshown: o.lost}
	if err != nil {
		r.Error = cut(err.Error(), maxErrorBytes)
	}
	return r
}

// cut returns the beginning of a text, in whole characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}
