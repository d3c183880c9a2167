package replay

// fill returns a captured answer with what it repeats of its request taken from the live one.
func fill(answer []Frame, captured, live *value) []Frame {
	swap := changes(captured, live)
	if len(swap) == 0 {
		return answer
	}
	out := append([]Frame(nil), answer...)
	for i := 0; i < len(out); {
		n := whole(out[i:])
		fillMessage(out[i:i+n], swap)
		i += n
	}
	return out
}

// whole returns how many frames the message takes whose first frame is the first of the list. Control frames inside it are
// counted too.
func whole(list []Frame) int {
	if list[0].Header.Opcode.IsControl() || list[0].Header.Fin {
		return 1
	}
	for i := 1; i < len(list); i++ {
		if h := list[i].Header; !h.Opcode.IsControl() && (h.Fin || list[i].Starts) {
			return i + 1
		}
	}
	return len(list)
}

// fillMessage fills one message of JSON, in as many frames as it had.
func fillMessage(list []Frame, swap []change) {
	var parts []int
	var text []byte
	for i := range list {
		if !list[i].Header.Opcode.IsControl() {
			parts = append(parts, i)
			text = append(text, list[i].Payload...)
		}
	}
	v := parse(text)
	if len(parts) == 0 || v == nil {
		return
	}
	filled := replaced(v, swap)
	for i, at := range parts {
		list[at].Payload = filled[len(filled)*i/len(parts) : len(filled)*(i+1)/len(parts)]
		list[at].Header.Size = 0
	}
}

// change is a value of a captured request that is another one in the live request.
type change struct {
	key      string
	kind     byte
	old, new string // as JSON has them
}

// changes returns what differs between two requests of one shape. What is not a string or a number is not an identity.
func changes(captured, live *value) (list []change) {
	at := make(map[string]*leaf, len(live.leaves))
	for i := range live.leaves {
		at[live.leaves[i].path] = &live.leaves[i]
	}
	for i := range captured.leaves {
		l := &captured.leaves[i]
		if l.kind != 's' && l.kind != 'n' || string(captured.bytes(l)) == `""` {
			continue
		}
		if now := at[l.path]; now != nil && now.kind == l.kind {
			list = append(list, change{l.key, l.kind, string(captured.bytes(l)), string(live.bytes(now))})
		}
	}
	return list
}

// longNumber is how many digits make a number an identity wherever it stands; a shorter one must stand under the same key.
const longNumber = 4

// replaced returns a JSON text with the values that stand in a request as well replaced. Nothing else of it changes.
func replaced(v *value, swap []change) []byte {
	out := make([]byte, 0, len(v.text))
	done := 0
	for i := range v.leaves {
		l := &v.leaves[i]
		now, ok := replacement(v, l, swap)
		if !ok {
			continue
		}
		out = append(append(out, v.text[done:l.start]...), now...)
		done = l.end
	}
	return append(out, v.text[done:]...)
}

// replacement returns what stands in place of a leaf: the value under the same key first; else one that is equal, if all
// equal ones became the same.
func replacement(v *value, l *leaf, swap []change) (now string, ok bool) {
	text := string(v.bytes(l))
	differ := false
	for _, c := range swap {
		if c.kind != l.kind || c.old != text {
			continue
		}
		if c.key == l.key {
			return c.new, true
		}
		differ = differ || ok && c.new != now
		now, ok = c.new, true
	}
	return now, ok && !differ && (l.kind == 's' || len(text) >= longNumber)
}
