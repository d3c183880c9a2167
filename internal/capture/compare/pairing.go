package compare

// paired pairs connections: of one path and subprotocol, in order; then of one path; and when a single one is left on each side, these.
func paired(a, b []*Conn) (out []Pair) {
	partner := map[*Conn]*Conn{}
	taken := map[*Conn]bool{}
	for _, key := range []func(*Conn) string{
		func(c *Conn) string { return c.Path + "\n" + c.Subprotocol },
		func(c *Conn) string { return c.Path },
	} {
		waiting := map[string][]*Conn{}
		for _, c := range b {
			if !taken[c] {
				waiting[key(c)] = append(waiting[key(c)], c)
			}
		}
		for _, c := range a {
			if list := waiting[key(c)]; partner[c] == nil && len(list) > 0 {
				partner[c], taken[list[0]] = list[0], true
				waiting[key(c)] = list[1:]
			}
		}
	}
	if one, other := single(a, func(c *Conn) bool { return partner[c] != nil }), single(b, func(c *Conn) bool { return taken[c] }); one != nil && other != nil {
		partner[one], taken[other] = other, true
	}
	for _, c := range a {
		out = append(out, Pair{A: c, B: partner[c]})
	}
	for _, c := range b {
		if !taken[c] {
			out = append(out, Pair{B: c})
		}
	}
	return out
}

// single returns the only connection that is left, nil if there are none or several.
func single(list []*Conn, done func(*Conn) bool) (one *Conn) {
	for _, c := range list {
		switch {
		case done(c):
		case one != nil:
			return nil
		default:
			one = c
		}
	}
	return one
}
