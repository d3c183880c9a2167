package file

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a flag's number of bytes: 100MiB, 3KiB, 2GiB. A number alone is in MiB.
type Size int64

// String implements flag.Value: whole units where there are any, as Set reads them.
func (s *Size) String() string {
	n := int64(*s)
	for _, u := range []struct {
		name string
		bits int
	}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}} {
		if n > 0 && n%(1<<u.bits) == 0 {
			return strconv.FormatInt(n>>u.bits, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// Set implements flag.Value.
func (s *Size) Set(text string) error {
	digits, shift := text, 20
	for unit, bits := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if d, ok := strings.CutSuffix(text, unit); ok {
			digits, shift = d, bits
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size: want 100MiB, 500KiB or 2GiB", text)
	}
	*s = Size(n << shift)
	return nil
}
