package recording

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a flag's number of bytes: 100MiB, 3KiB, 2GiB. A number alone is in MiB.
type Size int64

// String implements flag.Value.
func (s *Size) String() string { return strconv.FormatInt(int64(*s), 10) }

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
