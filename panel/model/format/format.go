package format

import (
	"strconv"
	"time"
)

// Uint returns n in decimal digits.
func Uint(n uint64) string { return strconv.FormatUint(n, 10) }

// Count returns n with its thousands set apart: "12,400".
func Count(n uint64) string {
	s := Uint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// kibibytes is the size from which on a size is given with a binary unit.
const kibibytes = 10_000

// Size returns n bytes for people: exact to 9,999, then three digits and a binary unit: "68.4 KiB".
func Size(n uint64) string {
	if n < kibibytes {
		return Count(n)
	}
	units := [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	v := float64(n) / 1024
	u := 0
	for v >= 999.5 && u < len(units)-1 {
		v /= 1024
		u++
	}
	return ThreeDigits(v) + " " + units[u]
}

// ThreeDigits returns v with three significant digits, more before the point where it has them: "2.31", "1024".
func ThreeDigits(v float64) string {
	digits := 0
	switch {
	case v < 9.995:
		digits = 2
	case v < 99.95:
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// SizePair returns a length, and behind an arrow what it took on the wire when that differs.
func SizePair(length, wire uint64) string {
	if length == wire {
		return Size(length)
	}
	return Size(length) + " → " + Size(wire)
}

// Clock returns the time of day to the millisecond.
func Clock(t int64, zone *time.Location) string {
	at := time.Unix(0, t).In(zone)
	h, m, s := at.Clock()
	ms := at.Nanosecond() / 1e6
	digit := func(n int) byte { return byte('0' + n%10) }
	return string([]byte{ // time.Format costs ten times as much, for every row of every repaint
		digit(h / 10), digit(h), ':', digit(m / 10), digit(m), ':', digit(s / 10), digit(s), '.', digit(ms / 100), digit(ms / 10), digit(ms),
	})
}

// DateClock returns the date and the time of day to the millisecond.
func DateClock(t int64, zone *time.Location) string {
	return time.Unix(0, t).In(zone).Format(time.DateOnly) + " " + Clock(t, zone)
}

// Seconds returns a duration of ns nanoseconds in seconds to the microsecond, with a sign: columns of them line up.
func Seconds(ns int64) string {
	sign := "+"
	if ns < 0 {
		sign, ns = "−", -ns
	}
	return sign + strconv.FormatFloat(float64(ns/1e3)/1e6, 'f', 6, 64)
}

// Stamp returns date, time to the microsecond and zone.
func Stamp(t int64, zone *time.Location) string {
	return time.Unix(0, t).In(zone).Format("2006-01-02 15:04:05.000000 -07:00")
}

// Span returns a duration of ns nanoseconds with a sign and three digits at most: "+2.31 ms".
func Span(ns int64) string {
	if ns < 0 {
		return "−" + Duration(-ns)
	}
	return "+" + Duration(ns)
}

// Duration returns ns nanoseconds for people: "0", "12 µs", "2.31 ms", "4.20 s", "3 min 5 s", "2 h 5 min".
func Duration(ns int64) string {
	switch s := ns / 1e9; {
	case ns == 0:
		return "0"
	case ns < 999_500:
		return ThreeDigits(float64(ns)/1e3) + " µs"
	case ns < 999_500_000:
		return ThreeDigits(float64(ns)/1e6) + " ms"
	case s < 60:
		return ThreeDigits(float64(ns)/1e9) + " s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + " min " + strconv.FormatInt(s%60, 10) + " s"
	default:
		return strconv.FormatInt(s/3600, 10) + " h " + strconv.FormatInt(s/60%60, 10) + " min"
	}
}

// HexDigits are the digits of base 16 in their order.
const HexDigits = "0123456789abcdef"

// Hex returns the first n bytes of b as pairs of hexadecimal digits, and the rest as "…".
func Hex(b []byte, n int) string {
	out := make([]byte, 0, 3*n+3)
	for i, c := range b[:min(len(b), n)] {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, HexDigits[c>>4], HexDigits[c&15])
	}
	if len(b) > n {
		return string(out) + " …"
	}
	return string(out)
}
