package model

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// copyAs returns the content of the selected row, or the handshake of the selected connection, in a form; false when nothing
// is selected.
func copyAs(x *files, d *selection, f Form) (string, bool) {
	if !d.selected {
		return "", false
	}
	k := x.conns.byID[d.conn]
	content := d.rec.Bytes()
	if d.connOnly && k != nil {
		content = append(bytes.Clone(k.request), k.response...)
	} else if d.rec.Kind != record.KindFrame {
		content = append(bytes.Clone(d.rec.Head), d.rec.Reason...)
	}
	switch {
	case f == FormWebsocat:
		return websocat(d, k.withoutSecrets(), content), true
	case f == FormCurl:
		return curl(k.withoutSecrets()), true
	case f == FormJSON && x.store.Has(d.rowID()):
		if line, err := json.Marshal(exportRow(x, d.id, false)); err == nil {
			return escapeHidden(string(line)), true
		}
	}
	return literal(content, f), true
}

// literal writes bytes in a form that does not depend on where they come from.
func literal(b []byte, f Form) string {
	readable := utf8.Valid(b)
	switch f {
	case FormHex:
		return strings.ReplaceAll(format.Hex(b, len(b)), " ", "")
	case FormBase64:
		return base64.StdEncoding.EncodeToString(b)
	case FormGo:
		if readable {
			return strconv.Quote(string(b))
		}
		return "[]byte{" + hexList(b) + "}"
	case FormJS:
		if quoted, err := json.Marshal(string(b)); readable && err == nil {
			return escapeHidden(string(quoted))
		}
		return "Uint8Array.of(" + hexList(b) + ")"
	case FormC:
		return "unsigned char payload[" + strconv.Itoa(len(b)) + "] = {" + hexList(b) + "};"
	case FormPlain, FormJSON, FormWebsocat, FormCurl, NumForms:
	}
	if readable {
		return string(b)
	}
	return format.Hex(b, len(b))
}

// escapeHidden returns JSON text with \u escapes for the characters in its strings that a terminal acts on or that no one
// sees: encoding/json writes only those below U+0020 so. Its value stays the same.
func escapeHidden(text string) string {
	var out strings.Builder
	for _, r := range text {
		if !format.Hidden(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out.WriteString(`\u`)
			out.Write([]byte{format.HexDigits[unit>>12], format.HexDigits[unit>>8&15], format.HexDigits[unit>>4&15], format.HexDigits[unit&15]})
		}
	}
	return out.String()
}

func hexList(b []byte) string {
	var out strings.Builder
	for i, c := range b {
		if i > 0 {
			out.WriteString(", ")
		}
		out.Write([]byte{'0', 'x', format.HexDigits[c>>4], format.HexDigits[c&15]})
	}
	return out.String()
}
