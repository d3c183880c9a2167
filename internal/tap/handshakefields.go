package tap

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
)

// RewriteRequest is for a proxy: it returns the head of a request, as [RequestHead] does, with the fields that the rules set in it, and
// says to which target it goes instead of the proxy's own; empty for that.
func RewriteRequest(r *http.Request) (head []byte, target string) {
	w, ok := r.Context().Value(handledKey{}).(*responseWriter)
	switch {
	case !ok:
		return RequestHead(r), ""
	case w.sent == nil:
		return RequestHead(r), w.rules.Redirect
	}
	return setFields(w.sent, w.rules.Request), w.rules.Redirect
}

// RewriteResponse is for a proxy that writes the head of a response by itself: it returns that with the fields that the rules set in it.
func RewriteResponse(r *http.Request, head []byte) []byte {
	if w, ok := r.Context().Value(handledKey{}).(*responseWriter); ok {
		return setFields(head, w.rules.Response)
	}
	return head
}

// setFields returns a head with fields in place of those of their names. Every other byte stays.
func setFields(head []byte, fields []fault.Field) []byte {
	for _, f := range fields {
		head = setField(head, f)
	}
	return head
}

func setField(head []byte, f fault.Field) []byte {
	out := make([]byte, 0, len(head)+len(f.Name)+len(f.Value)+4)
	for i, line := range bytes.SplitAfter(head, []byte("\r\n")) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		if i > 0 && strings.EqualFold(string(bytes.TrimSpace(name)), f.Name) {
			continue
		}
		if i > 0 && len(line) == 2 && f.Value != "" {
			out = append(append(append(append(out, f.Name...), ": "...), f.Value...), "\r\n"...)
			f.Value = "" // once
		}
		out = append(out, line...)
	}
	return out
}

// apply sets fields in a header.
func apply(h http.Header, fields []fault.Field) {
	for _, f := range fields {
		if f.Value == "" {
			h.Del(f.Name)
		} else {
			h.Set(f.Name, f.Value)
		}
	}
}

// rewrittenBy returns the mark of a head in which rules set fields.
func rewrittenBy(fields []fault.Field) record.Marks {
	if len(fields) == 0 {
		return 0
	}
	return record.Rewritten
}
