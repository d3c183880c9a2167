package model

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/record"
)

// Form is what a payload is copied as.
type Form uint8

// The forms.
const (
	FormPlain    Form = iota // text as it is, bytes as hexadecimal digits
	FormHex                  // hexadecimal digits without spaces
	FormBase64               // RFC 4648 §4
	FormGo                   // a Go literal: string or []byte
	FormJS                   // a JavaScript literal: string or Uint8Array
	FormC                    // a C array
	FormJSON                 // the row as Export writes it
	FormWebsocat             // a shell command that sends it again
	FormCurl                 // a shell command that makes the connection's handshake again
	NumForms
)

// String returns the form's name.
func (f Form) String() string {
	switch f {
	case FormPlain:
		return "Text"
	case FormHex:
		return "Hex"
	case FormBase64:
		return "Base64"
	case FormGo:
		return "Go literal"
	case FormJS:
		return "JavaScript literal"
	case FormC:
		return "C array"
	case FormJSON:
		return "JSON line"
	case FormWebsocat:
		return "websocat command"
	case FormCurl:
		return "curl command"
	case NumForms:
	}
	return "unknown"
}

// copySelected copies the content of the selected row, or the handshake of the selected connection.
func (m *Model) copySelected(f Form) []Effect {
	d := &m.detail
	if !d.selected {
		return nil
	}
	content := d.rec.Bytes()
	if k := m.conns.byID[d.conn]; d.connOnly && k != nil {
		content = append(bytes.Clone(k.request), k.response...)
	} else if d.rec.Kind != record.KindFrame {
		content = append(bytes.Clone(d.rec.Head), d.rec.Reason...)
	}
	switch {
	case f == FormWebsocat:
		return []Effect{PutClipboard{m.websocat(content)}}
	case f == FormCurl:
		return []Effect{PutClipboard{m.curl()}}
	case f == FormJSON && !d.connOnly && m.store.held(d.id):
		if line, err := json.Marshal(m.exportRow(d.id)); err == nil {
			return []Effect{PutClipboard{string(line)}}
		}
	}
	return []Effect{PutClipboard{literal(content, f)}}
}

// literal writes bytes in a form that does not depend on where they come from.
func literal(b []byte, f Form) string {
	readable := utf8.Valid(b)
	switch f {
	case FormHex:
		return strings.ReplaceAll(hexPreview(b, len(b)), " ", "")
	case FormBase64:
		return base64.StdEncoding.EncodeToString(b)
	case FormGo:
		if readable {
			return strconv.Quote(string(b))
		}
		return "[]byte{" + hexList(b) + "}"
	case FormJS:
		if quoted, err := json.Marshal(string(b)); readable && err == nil {
			return string(quoted)
		}
		return "Uint8Array.of(" + hexList(b) + ")"
	case FormC:
		return "unsigned char payload[" + strconv.Itoa(len(b)) + "] = {" + hexList(b) + "};"
	case FormPlain, FormJSON, FormWebsocat, FormCurl, NumForms:
	}
	if readable {
		return string(b)
	}
	return hexPreview(b, len(b))
}

func hexList(b []byte) string {
	var out strings.Builder
	for i, c := range b {
		if i > 0 {
			out.WriteString(", ")
		}
		out.Write([]byte{'0', 'x', hexDigits[c>>4], hexDigits[c&15]})
	}
	return out.String()
}

// websocat returns a shell command that opens the connection's address again and sends the bytes as one message; of a row
// that is no frame, one that only opens it. What the request said besides address and subprotocol, cookies above all, is
// left out: it could be a secret.
func (m *Model) websocat(content []byte) string {
	url, protocol := "ws://localhost/", ""
	if k := m.conns.byID[m.detail.conn]; k != nil {
		url = k.address()
		if k.Subprotocol != "" {
			protocol = " --protocol " + shellQuote(k.Subprotocol)
		}
	}
	if m.detail.connOnly || m.detail.rec.Kind != record.KindFrame {
		return "websocat" + protocol + " " + shellQuote(url)
	}
	send := "printf '%s' " + shellQuote(string(content)) + " | websocat -n -1"
	if !utf8.Valid(content) || m.detail.opcode != 1 || bytes.IndexByte(content, 0) >= 0 {
		send = "printf '%s' " + shellQuote(base64.StdEncoding.EncodeToString(content)) + " | base64 -d | websocat -b -n -1"
	}
	return send + protocol + " " + shellQuote(url)
}

// curl returns a shell command that makes the connection's handshake again and prints the answer: status, headers, and the
// bytes that follow. It says of the request what websocat says too, its origin, and its key, with which the answer can be
// compared.
func (m *Model) curl() string {
	url, key := "http://localhost/", "dGhlIHNhbXBsZSBub25jZQ=="
	extra := ""
	if k := m.conns.byID[m.detail.conn]; k != nil {
		url = "http" + strings.TrimPrefix(k.address(), "ws")
		key = cmp.Or(k.header("Sec-WebSocket-Key"), key)
		for _, h := range [...][2]string{
			{"Origin", k.header("Origin")},
			{"Sec-WebSocket-Protocol", k.Subprotocol},
			{"Sec-WebSocket-Extensions", k.header("Sec-WebSocket-Extensions")},
		} {
			if h[1] != "" {
				extra += " -H " + shellQuote(h[0]+": "+h[1])
			}
		}
	}
	return "curl --http1.1 -i -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H " +
		shellQuote("Sec-WebSocket-Key: "+key) + extra + " " + shellQuote(url) + " --output -"
}

// shellQuote quotes s for a POSIX shell. Control characters, which a terminal might act on when the line is pasted, stay
// inside the quotes; a line break too.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// address returns the URL of the request, as its client wrote it.
func (k *Conn) address() string {
	return "ws://" + cmp.Or(k.header("Host"), "localhost") + cmp.Or(k.target, "/")
}

// header returns a field of the request, "" when it has none.
func (k *Conn) header(want string) string {
	_, rest, _ := bytes.Cut(k.request, []byte("\r\n"))
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		if name, value, found := bytes.Cut(line, []byte(":")); found && strings.EqualFold(string(name), want) {
			return strings.TrimSpace(string(value))
		}
	}
	return ""
}

// requestTarget returns path and query of a request, "" when there are none.
func requestTarget(request []byte) string {
	line, _, _ := bytes.Cut(request, []byte("\r\n"))
	if f := bytes.Fields(line); len(f) > 1 {
		return string(f[1])
	}
	return ""
}
