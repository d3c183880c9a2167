package decode

import "strings"

// Read is Brief with as many lines as a view may have, for callers that look for a value in it.
func Read(in Input) View {
	in.Length = max(in.Length, uint64(len(in.Payload)))
	in.Payload = in.Payload[:min(len(in.Payload), briefBytes)]
	return best(in, maxLines)
}

// maxPath is how many names a path may have.
const maxPath = 16

// ParsePath reads the names of a path into a message: "id", "meta.id", "$.meta.id", "0.id". A path of no names is nil and
// no error.
func ParsePath(text string) ([]string, error) {
	s := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "$"), ".")
	if s == "" {
		return nil, nil
	}
	names := strings.Split(s, ".")
	at := 0
	for _, n := range names {
		if n == "" || strings.ContainsAny(n, "[]\"' \t") {
			return nil, fault(at, "a path is names with dots between them, such as $.meta.id; an element of a list is its number")
		}
		at += len(n) + 1
	}
	if len(names) > maxPath {
		return nil, fault(at, "a path has 16 names at most")
	}
	return names, nil
}

// Find returns the value that a path leads to; ok is false for groups and for what is not there. Names count from the top
// of the view or from its first group on, which in many formats has no name.
func (v *View) Find(path []string) (value string, ok bool) {
	if len(path) == 0 {
		return "", false
	}
	var names [maxDepth + 1]string
	for i := range v.Lines {
		l := &v.Lines[i]
		names[l.Depth] = l.Key
		chain := names[:l.Depth+1]
		if l.Key != path[len(path)-1] || l.Type == Group || l.Type == Note {
			continue
		}
		if same(chain, path) || same(chain[1:], path) {
			return l.Value, true
		}
	}
	return "", false
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// At returns the most specific line that covers a byte: the shortest one, the deepest of equals; -1 if none does.
func (v *View) At(offset int) int {
	best := -1
	for i := range v.Lines {
		l := &v.Lines[i]
		if l.From < 0 || offset < l.From || offset >= l.To {
			continue
		}
		if best < 0 || l.To-l.From <= v.Lines[best].To-v.Lines[best].From {
			best = i
		}
	}
	return best
}

// Picture is a picture that browsers can draw.
type Picture struct {
	Type          string // "image/png"
	Width, Height int
}
