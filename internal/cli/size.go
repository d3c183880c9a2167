package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// size is a flag's number of bytes: 100MiB, 3KiB, 2GiB. A number alone is in MiB.
type size int64

// String implements flag.Value.
func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

// Set implements flag.Value.
func (s *size) Set(text string) error {
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
	*s = size(n << shift)
	return nil
}
