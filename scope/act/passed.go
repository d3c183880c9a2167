package act

import (
	"cmp"
	"slices"
)

// Passed is what a forward proxy passed on, by host: the answer of GET /api/proxy.
type Passed struct {
	Addr  string       `json:"addr"` // host:port that the proxy listens on; "" when there is none
	Hosts []PassedHost `json:"hosts"`
}

// PassedHost is what passed to one host.
type PassedHost struct {
	Name     string `json:"name"`             // "" for the sum of the hosts beyond those that are counted one by one
	Requests uint64 `json:"requests"`         // HTTP requests and tunnels that passed without a record
	Sockets  uint64 `json:"sockets"`          // WebSocket handshakes, which are recorded
	Passed   string `json:"passed,omitempty"` // why TLS to it is not read; "" when it is
	Failed   string `json:"failed,omitempty"` // why it could not be reached the last time; "" when it was
}

// Equal reports whether both say the same.
func (p Passed) Equal(q Passed) bool { return p.Addr == q.Addr && slices.Equal(p.Hosts, q.Hosts) }

// Notable returns the hosts whose traffic has no record: those with a problem first, then those with the most requests.
func (p Passed) Notable() []PassedHost {
	list := slices.DeleteFunc(slices.Clone(p.Hosts), func(h PassedHost) bool { return h.Requests == 0 && h.Passed == "" && h.Failed == "" })
	slices.SortStableFunc(list, func(a, b PassedHost) int {
		return cmp.Or(cmp.Compare(b.problems(), a.problems()), cmp.Compare(b.Requests, a.Requests))
	})
	return list
}

func (h *PassedHost) problems() (n int) {
	for _, s := range [...]string{h.Passed, h.Failed} {
		if s != "" {
			n++
		}
	}
	return n
}
