package server

import (
	"strconv"
	"strings"
)

// preference orders the content codings that we have, best first: brotli is the smallest.
var preference = [...]string{"br", "gzip"}

// negotiate returns the coding to answer with (RFC 9110 §12.5.3): of those that the client likes best, the smallest; ""
// for none. We answer without coding even to a client that refuses it: nothing else would serve it better.
func negotiate(fields []string, have map[string][]byte) string {
	quality := acceptable(fields)
	best, bestQ := "", quality[""]
	for i := len(preference) - 1; i >= 0; i-- {
		coding := preference[i]
		q, named := quality[coding]
		if !named {
			q = quality["*"]
		}
		if _, ok := have[coding]; ok && q > 0 && q >= bestQ {
			best, bestQ = coding, q
		}
	}
	return best
}

// acceptable reads Accept-Encoding. The key "" stands for no coding, which is only better than one when asked for so.
func acceptable(fields []string) map[string]float64 {
	quality := map[string]float64{}
	for item := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		q := 1.0
		if value, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q="); ok {
			parsed, err := strconv.ParseFloat(value, 64)
			if err != nil || parsed < 0 || parsed > 1 {
				continue
			}
			q = parsed
		}
		switch name {
		case "identity":
			name = ""
		case "x-gzip":
			name = "gzip"
		}
		quality[name] = q
	}
	return quality
}

// matches reports whether If-None-Match names etag (RFC 9110 §13.1.2, weak comparison).
func matches(fields []string, etag string) bool {
	for tag := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
