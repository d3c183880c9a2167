package compare

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// end is how a connection was closed.
type end struct {
	known  bool
	code   uint16
	reason string
	by     record.Side
	broken bool
}

// closed takes the closing handshake.
func (e *end) closed(r *record.Record) {
	e.known, e.code, e.reason, e.by = true, r.Code, r.Reason, r.By
}

// frame takes a close frame: the first one says what the closing handshake will.
func (e *end) frame(r *record.Record) {
	if e.known {
		return
	}
	e.known, e.code, e.by = true, 1005, record.SideClient
	if r.Dir == record.In {
		e.by = record.SideServer
	}
	if len(r.Payload) >= 2 {
		code, reason, _ := frame.ParseClose(r.Payload)
		e.code, e.reason = code, reason
	}
}

// ignored are fields of handshakes that differ between any two, or say only when and through what they went.
var ignored = []string{
	"sec-websocket-key", "sec-websocket-accept", "date", "age", "content-length", "etag", "traceparent", "tracestate", "x-request-id",
	"x-correlation-id", "x-amzn-trace-id", "cf-ray", "report-to", "nel", "via", "x-forwarded-for",
}

// maxFields is how many fields of a head are compared.
const maxFields = 200

// facts returns what can be compared of a connection besides its messages.
func (c *building) facts() []Fact {
	var out []Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, Fact{name, value})
		}
	}
	add("path", steadyTarget(record.Target(c.request)))
	out = append(out, fields("request ", c.request)...)
	add("status", status(c.response))
	out = append(out, fields("response ", c.response)...)
	if c.end.known {
		add("close code", strconv.Itoa(int(c.end.code)))
		add("close reason", c.end.reason)
		add("closed by", c.end.by.String())
	}
	if c.end.broken {
		add("decoding", "stopped: bytes are missing or are no frames")
	}
	var names []string
	for v := range c.violations.All() {
		names = append(names, v.Name)
	}
	add("violations", strings.Join(names, ", "))
	return out
}

// status returns status code and text of a response.
func status(head []byte) string {
	if len(head) > 0 && head[0] == ':' {
		return record.Field(head, ":status")
	}
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	_, rest, _ := strings.Cut(string(line), " ")
	return rest
}

// fields returns the header fields of a head by name, without those that are ignored. Those with one name are joined.
func fields(prefix string, head []byte) (out []Fact) {
	at := map[string]int{}
	for n, line := range bytes.Split(head, []byte("\r\n")) {
		name, value, ok := strings.Cut(string(line), ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if n == 0 || !ok || name == "" || slices.Contains(ignored, name) {
			continue
		}
		value = withoutPort(name, strings.TrimSpace(value))
		if i, again := at[name]; again {
			out[i].Value += ", " + value
			continue
		}
		if len(out) == maxFields {
			break
		}
		at[name] = len(out)
		out = append(out, Fact{prefix + name, value})
	}
	slices.SortStableFunc(out, func(a, b Fact) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// steadyTarget returns the target of a request, the values of volatile parameters left out.
func steadyTarget(target string) string {
	path, query, ok := strings.Cut(target, "?")
	if !ok {
		return target
	}
	parts := strings.Split(query, "&")
	for i, one := range parts {
		if name, value, _ := strings.Cut(one, "="); value != "" && isVolatile(name, value) {
			parts[i] = name + "=…"
		}
	}
	return path + "?" + strings.Join(parts, "&")
}

// withoutPort leaves out the port of a server: two runs of a test listen on different ones.
func withoutPort(name, value string) string {
	if name != "host" && name != "origin" && name != "referer" && name != ":authority" {
		return value
	}
	return portOf.ReplaceAllString(value, "$1")
}

var portOf = regexp.MustCompile(`^((?:[a-z]+://)?(?:\[[^\]]*\]|[^:/]*)):[0-9]+`)

// FactChange is a fact in which two connections differ. One of the values is empty when only one of them has it.
type FactChange struct{ Name, Old, New string }

func compareFacts(a, b []Fact) (out []FactChange) {
	old := map[string]string{}
	for _, f := range a {
		old[f.Name] = f.Value
	}
	for _, f := range b {
		if was := old[f.Name]; was != f.Value {
			out = append(out, FactChange{f.Name, was, f.Value})
		}
		delete(old, f.Name)
	}
	for _, f := range a {
		if was, left := old[f.Name]; left {
			out = append(out, FactChange{f.Name, was, ""})
		}
	}
	return out
}
