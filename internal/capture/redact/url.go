package redact

import "strings"

// URL hides the credentials of a URL or of a path with a query: user and password, parameters of the path, the query and the
// fragment, and what has the shape of a credential in any part.
func URL(u string) string {
	rest, fragment, hasFragment := strings.Cut(u, "#")
	base, query, hasQuery := strings.Cut(rest, "?")
	base = path(base)
	if hasQuery {
		base += "?" + parameters(query)
	}
	if hasFragment { // a page's own: it may hold a path and a query again
		base += "#" + fragmentOf(fragment)
	}
	return shapes(base)
}

func fragmentOf(f string) string {
	if strings.ContainsAny(f, "?#") {
		return URL(f)
	}
	return parameters(f)
}

// path hides parameters of segments (;name=value), segments that hold a credential once decoded, and one behind a segment that names it.
func path(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		if i > 0 && strengthOf(segments[i-1]) == strong && random(unescaped(s)) {
			segments[i] = Placeholder
			continue
		}
		parts := strings.Split(s, ";")
		for k, one := range parts {
			if strings.Contains(one, "=") {
				parts[k] = parameter(one)
			} else if plain := unescaped(one); plain != one && shapes(plain) != plain {
				parts[k] = Placeholder
			}
		}
		segments[i] = strings.Join(parts, ";")
	}
	return strings.Join(segments, "/")
}

// parameters hides the credentials of a query.
func parameters(query string) string {
	params := strings.Split(query, "&")
	for i, p := range params {
		params[i] = parameter(p)
	}
	return strings.Join(params, "&")
}

// parameter hides the value of one parameter. Some servers let a semicolon separate parameters, too: each reading counts.
func parameter(p string) string {
	done := 0
	for part := range strings.SplitSeq(p, ";") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case ok && strengthOf(name).hides(unescaped(value)):
			return p[:done+len(name)+1] + Placeholder
		case ok && nested(value, 0), ok && text(value, 1) != value:
			return p[:done+len(name)+1] + Placeholder
		case !ok && nested(part, 0):
			return p[:done] + Placeholder
		}
		done += len(part) + 1
	}
	return p
}
