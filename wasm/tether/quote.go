package tether

// quote puts s between quotes, with what could deceive a reader of a log (quotes, control characters) made visible.
// strconv.Quote knows all of Unicode, which a js program would have to carry.
func quote(s string) string {
	const hex = "0123456789abcdef"
	out := append(make([]byte, 0, len(s)+2), '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"', c == '\\':
			out = append(out, '\\', c)
		case c < ' ', c == 0x7F:
			out = append(out, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}
