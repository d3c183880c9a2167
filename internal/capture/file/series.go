package file

import (
	"cmp"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// Series makes one capture of the records of several files, that are read one after the other. Files of one recording keep
// their numbers; those of another file follow, with connections of their own. The zero value is ready.
type Series struct {
	last    uint64 // number of the last record
	conns   uint32 // the highest connection so far
	first   bool   // the next record is the first of its file
	before  uint64 // what is added to the numbers of the file
	connsAt uint32 // and to its connections
}

// Begin says that records of the next file follow.
func (s *Series) Begin() { s.first = true }

// Number gives a record its number and its connection in the series.
func (s *Series) Number(r *record.Record) {
	if s.first {
		s.first, s.before, s.connsAt = false, 0, 0
		if r.Seq <= s.last {
			s.before, s.connsAt = s.last, s.conns
		}
	}
	r.Seq += s.before
	if r.Conn > 0 {
		r.Conn += s.connsAt
	}
	s.last, s.conns = max(s.last, r.Seq), max(s.conns, r.Conn)
}

// CompareNames orders the names of files that belong together: HAR files first, which may name others; then as people count,
// today.tscap before today-2.tscap and that before today-10.tscap.
func CompareNames(a, b string) int {
	if ha, hb := isHARName(a), isHARName(b); ha != hb {
		if ha {
			return -1
		}
		return 1
	}
	a, b = stem(a), stem(b)
	for a != "" && b != "" {
		na, restA := leadingNumber(a)
		nb, restB := leadingNumber(b)
		if na != "" && nb != "" {
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), cmp.Compare(na, nb)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func isHARName(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".har") }

// stem is a name without its end.
func stem(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// leadingNumber cuts digits off, without zeros before them.
func leadingNumber(s string) (digits, rest string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 {
		return "", s
	}
	digits = strings.TrimLeft(s[:n], "0")
	if digits == "" {
		digits = "0"
	}
	return digits, s[n:]
}
