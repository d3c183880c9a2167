package model

import (
	"strconv"
	"time"
	"unicode/utf8"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// Count returns n with its thousands set apart: "12,400".
func Count(n uint64) string {
	s := utoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Size returns n bytes for people: exact to 9,999, then three digits and a binary unit: "68.4 KiB".
func Size(n uint64) string {
	if n < 10_000 {
		return Count(n)
	}
	units := [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	v := float64(n) / 1024
	u := 0
	for v >= 999.5 && u < len(units)-1 {
		v /= 1024
		u++
	}
	return threeDigits(v) + " " + units[u]
}

func threeDigits(v float64) string {
	digits := 0
	switch {
	case v < 9.995:
		digits = 2
	case v < 99.95:
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// sizePair returns a length, and behind an arrow what it took on the wire when that differs.
func sizePair(length, wire uint64) string {
	if length == wire {
		return Size(length)
	}
	return Size(length) + " → " + Size(wire)
}

// clock returns the time of day to the millisecond.
func clock(t int64, zone *time.Location) string {
	at := time.Unix(0, t).In(zone)
	h, m, s := at.Clock()
	ms := at.Nanosecond() / 1e6
	digit := func(n int) byte { return byte('0' + n%10) }
	return string([]byte{ // time.Format costs ten times as much, for every row of every repaint
		digit(h / 10), digit(h), ':', digit(m / 10), digit(m), ':', digit(s / 10), digit(s), '.', digit(ms / 100), digit(ms / 10), digit(ms),
	})
}

// stamp returns date, time to the microsecond and zone.
func stamp(t int64, zone *time.Location) string {
	return time.Unix(0, t).In(zone).Format("2006-01-02 15:04:05.000000 -07:00")
}

// span returns a duration of ns nanoseconds with a sign and three digits at most: "+2.31 ms".
func span(ns int64) string {
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
		return threeDigits(float64(ns)/1e3) + " µs"
	case ns < 999_500_000:
		return threeDigits(float64(ns)/1e6) + " ms"
	case s < 60:
		return threeDigits(float64(ns)/1e9) + " s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + " min " + strconv.FormatInt(s%60, 10) + " s"
	default:
		return strconv.FormatInt(s/3600, 10) + " h " + strconv.FormatInt(s/60%60, 10) + " min"
	}
}

// preview returns the start of b as one line of harmless text, n bytes of it at most: control characters become their
// pictures, invalid bytes and characters that turn the direction of writing become U+FFFD. What is cut ends in "…".
func preview(b []byte, n int) string {
	plain := 0
	for plain < min(len(b), n) && b[plain] >= 0x20 && b[plain] < 0x7F {
		plain++
	}
	out := append(make([]byte, 0, min(len(b), n)+8), b[:plain]...)
	for b = b[plain:]; len(b) > 0; {
		if len(out) >= n {
			return string(out) + "…"
		}
		r, size := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, visible(r))
		b = b[size:]
	}
	return string(out)
}

// visible returns the character that stands for r in a line of text.
func visible(r rune) rune {
	switch {
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7F:
		return 0x2421
	case r >= 0x80 && r < 0xA0, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069,
		r == 0x2028, r == 0x2029, r == 0x200E, r == 0x200F, r == 0x061C, r == 0xFEFF:
		return utf8.RuneError
	}
	return r
}

const hexDigits = "0123456789abcdef"

// hexPreview returns the first n bytes of b as pairs of hexadecimal digits, and the rest as "…".
func hexPreview(b []byte, n int) string {
	out := make([]byte, 0, 3*n+3)
	for i, c := range b[:min(len(b), n)] {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, hexDigits[c>>4], hexDigits[c&15])
	}
	if len(b) > n {
		return string(out) + " …"
	}
	return string(out)
}
