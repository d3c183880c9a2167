package frame

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Extension is one element of Sec-WebSocket-Extensions (RFC 6455 §9.1).
type Extension struct {
	Name        string
	Params      []Param
	Explanation string // what it does, in a sentence; empty when unknown
}

// Param is one parameter of an extension.
type Param struct {
	Name        string
	Value       string // unquoted
	HasValue    bool   // an "=" and a value came with it
	Explanation string // what it requests or grants, in a sentence; empty when unknown
}

// maxExtensions is how many extensions, and parameters of each, are read; more are reported as a problem and not kept.
const maxExtensions = 64

// parseExtensions reads the extensions of the request or the response.
func (h *Handshake) parseExtensions(where string, fields []Field) (list []Extension) {
	for _, f := range fields {
		if !equalFold(f.Name, "Sec-WebSocket-Extensions") {
			continue
		}
		for item := range listItems(f.Value) {
			if len(list) == maxExtensions {
				h.problem("RFC 6455 §10.4", "the %s has more than %d extensions; the rest is not read", where, maxExtensions)
				return list
			}
			list = append(list, h.parseExtension(where, item))
		}
	}
	return list
}

func (h *Handshake) parseExtension(where, item string) (e Extension) {
	first := true
	for part := range splitQuoted(item, ';') {
		if first {
			first = false
			e.Name = part
			if !isToken(part) {
				h.problem("RFC 6455 §9.1", "the %s has an extension whose name is not a token: %s", where, quote(part))
			}
			continue
		}
		if len(e.Params) == maxExtensions {
			h.problem("RFC 6455 §10.4", "the extension %s has more than %d parameters; the rest is not read", quote(e.Name), maxExtensions)
			break
		}
		e.Params = append(e.Params, h.parseParam(where, part))
	}
	if e.Name == deflateName {
		e.Explanation = "Messages may be compressed, each on its own (RFC 7692)."
		for i := range e.Params {
			e.Params[i].Explanation = explainParam(e.Params[i])
		}
	}
	return e
}

func (h *Handshake) parseParam(where, part string) (p Param) {
	p.Name, p.Value, p.HasValue = strings.Cut(part, "=")
	p.Name, p.Value = trimSpace(p.Name), trimSpace(p.Value)
	if v, ok := unquote(p.Value); ok {
		p.Value = v
	}
	if !isToken(p.Name) || p.HasValue && !isToken(p.Value) {
		h.problem("RFC 6455 §9.1", "the %s has an extension parameter that is not a token: %s", where, quote(part))
	}
	return p
}

// The names of RFC 7692 §7.
const (
	deflateName           = "permessage-deflate"
	paramServerNoTakeover = "server_no_context_takeover"
	paramClientNoTakeover = "client_no_context_takeover"
	paramServerBits       = "server_max_window_bits"
	paramClientBits       = "client_max_window_bits"
)

func explainParam(p Param) string {
	switch p.Name {
	case paramServerNoTakeover:
		return "The server compresses every message on its own: less memory, more bytes."
	case paramClientNoTakeover:
		return "The client compresses every message on its own: less memory, more bytes."
	case paramServerBits:
		return "The server looks back at most " + windowText(p.Value) + " when it compresses."
	case paramClientBits:
		if !p.HasValue {
			return "The client lets the server say how far back the client looks when it compresses."
		}
		return "The client looks back at most " + windowText(p.Value) + " when it compresses."
	}
	return ""
}

func windowText(value string) string {
	if bits, ok := windowBits(value); ok {
		return strconv.Itoa(1<<bits) + " bytes"
	}
	return "an invalid number of bytes"
}

// windowBits reads a window size: 8–15 in decimal, without leading zeros (RFC 7692 §7.1.2).
func windowBits(s string) (int, bool) {
	switch s {
	case "8", "9":
		return int(s[0] - '0'), true
	case "10", "11", "12", "13", "14", "15":
		return 10 + int(s[1]-'0'), true
	}
	return 0, false
}

// checkExtensions checks what the server chose against what the client offered, and sets Deflate.
func (h *Handshake) checkExtensions() {
	for i, e := range h.Extensions {
		offered := slices.ContainsFunc(h.ExtensionsOffered, func(o Extension) bool { return o.Name == e.Name })
		repeated := slices.ContainsFunc(h.Extensions[:i], func(o Extension) bool { return o.Name == e.Name })
		switch {
		case !offered:
			h.problem("RFC 6455 §4.1", "the server chose the extension %s, which the client did not offer", quote(e.Name))
		case repeated:
			h.problem("RFC 7692 §5", "the server chose the extension %s twice", quote(e.Name))
		}
		if e.Name == deflateName && !repeated {
			h.negotiateDeflate(e, offered)
		}
	}
}

// negotiateDeflate reads the negotiated parameters, even when there are problems with them: the messages are most likely
// compressed all the same, and an inspector that gave up here could not show them.
func (h *Handshake) negotiateDeflate(e Extension, offered bool) {
	p, problems := readDeflate(e, true)
	h.Deflate = &p
	for _, text := range problems {
		h.Problems = append(h.Problems, "the response: "+text)
	}
	if !offered || len(problems) > 0 {
		return
	}
	for _, o := range h.ExtensionsOffered {
		if o.Name == deflateName && answers(e, o) {
			return
		}
	}
	h.problem("RFC 7692 §7.1", "the server's permessage-deflate answers none of the client's offers")
}

// readDeflate reads the parameters of permessage-deflate in an offer, or in a response (RFC 7692 §7.1).
func readDeflate(e Extension, response bool) (d DeflateParams, problems []string) {
	bad := func(section, format string, args ...any) {
		problems = append(problems, fmt.Sprintf(format, args...)+" (RFC 7692 §"+section+")")
	}
	for i, p := range e.Params {
		if slices.ContainsFunc(e.Params[:i], func(o Param) bool { return o.Name == p.Name }) {
			bad("7", "the parameter %s stands twice", quote(p.Name))
			continue
		}
		switch p.Name {
		case paramServerNoTakeover, paramClientNoTakeover:
			if p.HasValue {
				bad("7.1.1", "%s must not have a value", p.Name)
			}
			if p.Name == paramServerNoTakeover {
				d.ServerNoContextTakeover = true
			} else {
				d.ClientNoContextTakeover = true
			}
		case paramServerBits, paramClientBits:
			bits, ok := windowBits(p.Value)
			if !ok && (p.HasValue || response || p.Name == paramServerBits) {
				bad("7.1.2", "%s must be 8–15, not %s", p.Name, quote(p.Value))
			}
			if p.Name == paramServerBits {
				d.ServerMaxWindowBits = bits
			} else {
				d.ClientMaxWindowBits = bits
			}
		default:
			bad("7", "permessage-deflate has no parameter %s", quote(p.Name))
		}
	}
	return d, problems
}

// answers reports whether the response e is a legal answer to the offer (RFC 7692 §7.1.1 and §7.1.2).
func answers(e, offer Extension) bool {
	asked, problems := readDeflate(offer, false)
	if len(problems) > 0 {
		return false // the server had to decline it
	}
	got, _ := readDeflate(e, true)
	switch {
	case asked.ServerNoContextTakeover && !got.ServerNoContextTakeover:
		return false
	case asked.ServerMaxWindowBits != 0 && (got.ServerMaxWindowBits == 0 || got.ServerMaxWindowBits > asked.ServerMaxWindowBits):
		return false
	case got.ClientMaxWindowBits == 0:
		return true
	}
	mayLimit := slices.ContainsFunc(offer.Params, func(p Param) bool { return p.Name == paramClientBits })
	return mayLimit && (asked.ClientMaxWindowBits == 0 || got.ClientMaxWindowBits <= asked.ClientMaxWindowBits)
}
