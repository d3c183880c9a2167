package fault

import "github.com/tetherscope/tetherscope/internal/frame"

// merging collects the fragments of a message that become one frame.
type merging struct {
	active  bool
	first   frame.Header // of the first fragment
	payload []byte       // unmasked
}

// add collects a fragment, given as the bytes of its frame. It returns the frame that takes the place of all fragments at the
// last of them, and whether the fragment is held back until then. A message that is too long to be one frame is passed on as
// far as it came.
func (m *merging) add(raw []byte) (whole []byte, wait bool) {
	h, n := frame.ParseHeader(raw)
	if h.Opcode.IsControl() || h.Fin && !m.active || uint64(len(raw)-n) != h.Length {
		return nil, false
	}
	if !m.active {
		*m = merging{active: true, first: h}
	}
	m.payload = append(m.payload, unmasked(h, raw[n:])...)
	if !h.Fin && len(m.payload) < maxFrame {
		return nil, true
	}
	return m.take(h.Fin), false
}

// take returns the frame made of the collected fragments.
func (m *merging) take(fin bool) []byte {
	h := m.first
	h.Fin, h.Size = fin, 0
	whole := frame.AppendFrame(nil, h, m.payload)
	*m = merging{}
	return whole
}
