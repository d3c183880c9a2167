package model

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// reported takes in what a client reported of itself.
func (k *Conn) reported(r *record.Record) {
	switch r.Name {
	case "attempt", "wait", "lost":
		k.State = Connecting
	case "open":
		k.State = Open
		if rest, ok := strings.CutPrefix(r.Reason, "subprotocol "); ok {
			k.Subprotocol, _, _ = strings.Cut(rest, "; ")
		}
		k.Deflate = strings.Contains(r.Reason, "permessage-deflate")
	}
}
