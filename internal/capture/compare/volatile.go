package compare

import (
	"regexp"
	"strings"
)

// The forms of values that two runs of a program never share.
var (
	uuidForm = regexp.MustCompile(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	dateForm = regexp.MustCompile(`^[12][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]`)
	hexForm  = regexp.MustCompile(`^(?i)[0-9a-f]{16,}$`)
	timeForm = regexp.MustCompile(`^1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?(?:\.[0-9]+)?$`) // of 2001 to 2033, in seconds to nanoseconds
	longForm = regexp.MustCompile(`^[A-Za-z0-9+/_=-]{20,}$`)
	words    = regexp.MustCompile(`[A-Z]+[a-z0-9]*|[a-z0-9]+`)
)

// volatileNames are the last words of names whose values are ids, times or random.
var volatileNames = map[string]bool{
	"id": true, "ids": true, "uid": true, "uuid": true, "guid": true, "sid": true, "nonce": true, "token": true, "ts": true, "time": true, "timestamp": true,
	"date": true, "at": true, "seq": true, "sequence": true, "cursor": true, "etag": true, "elapsed": true, "uptime": true, "latency": true, "pid": true,
	"hash": true, "checksum": true, "signature": true, "ref": true,
}

// isVolatile reports whether a value under a name is an id, a time or random.
func isVolatile(name, value string) bool {
	list := words.FindAllString(name, -1)
	if n := len(list); n > 0 && volatileNames[strings.ToLower(list[n-1])] {
		return value != "null" && value != "true" && value != "false" && value != `""`
	}
	v := strings.Trim(value, `"`)
	switch {
	case len(v) < 10:
		return false
	case uuidForm.MatchString(v), dateForm.MatchString(v), hexForm.MatchString(v), timeForm.MatchString(v):
		return true
	}
	return longForm.MatchString(v) && random(v)
}

// random reports whether a long word has digits, and letters of both cases: it is none that a person wrote.
func random(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ToLower(s) != s && strings.ToUpper(s) != s
}
