package model

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// websocatBuffer is the largest message, in bytes, that websocat sends as one unless it is given another size.
const websocatBuffer = 65_536

// websocat returns a shell command that opens the connection's address again and sends the bytes as one message; of a row
// that is no frame, one that only opens it. What the request said besides address and subprotocol, cookies above all, is
// left out: it could be a secret.
func websocat(d *selection, k *Conn, content []byte) string {
	url, protocol := "ws://localhost/", ""
	if k != nil {
		url = shellAddress(k)
		if k.Subprotocol != "" {
			protocol = " " + shellWord("--protocol="+k.Subprotocol)
		}
	}
	if d.connOnly || d.rec.Kind != record.KindFrame {
		return "websocat" + protocol + " " + shellWord(url)
	}
	return websocatInput(content, d.opcode == frame.Text) + protocol + " " + shellWord(url)
}

// websocatInput returns the part of the command that hands the message over. Text with a line break needs --no-line:
// websocat makes a message of each line otherwise.
func websocatInput(content []byte, isText bool) string {
	size := ""
	if len(content) > websocatBuffer {
		size = " -B " + strconv.Itoa(len(content))
	}
	switch {
	case !isText || !utf8.Valid(content):
		return "printf '%s' " + shellBase64(content) + " | base64 -d | websocat -b -n -1" + size
	case !pasteable(content):
		return "printf '%s' " + shellBase64(content) + " | base64 -d | websocat -t --no-line -n -1" + size
	}
	return "printf '%s' " + shellQuote(string(content)) + " | websocat -n -1" + size
}

// curl returns a shell command that makes the connection's handshake again and prints the answer: status, headers, and the
// bytes that follow. It says of the request what websocat says too, its origin, and its key, with which the answer can be
// compared. Curl must not expand brackets and braces of the address, nor shorten "/../" in it.
func curl(k *Conn) string {
	url, key := "http://localhost/", "dGhlIHNhbXBsZSBub25jZQ=="
	extra := ""
	if k != nil {
		url = "http" + strings.TrimPrefix(shellAddress(k), "ws")
		key = cmp.Or(header(k, "Sec-WebSocket-Key"), key)
		for _, h := range [...][2]string{
			{"Origin", header(k, "Origin")},
			{"Sec-WebSocket-Protocol", k.Subprotocol},
			{"Sec-WebSocket-Extensions", header(k, "Sec-WebSocket-Extensions")},
		} {
			if h[1] != "" {
				extra += " -H " + shellWord(h[0]+": "+h[1])
			}
		}
	}
	return "curl --http1.1 --globoff --path-as-is -i -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H " +
		shellWord("Sec-WebSocket-Key: "+key) + extra + " " + shellWord(url) + " --output -"
}

// shellAddress is the connection's address with every byte that cannot be in a URL as %XX, and "#", behind which a client
// would send nothing.
func shellAddress(k *Conn) string {
	var out strings.Builder
	for _, c := range []byte(address(k)) {
		if c > ' ' && c < 0x7F && c != '#' {
			out.WriteByte(c)
			continue
		}
		out.WriteString("%" + strings.ToUpper(string([]byte{format.HexDigits[c>>4], format.HexDigits[c&15]})))
	}
	return out.String()
}

// shellWord writes s as one word of a POSIX shell. What must not be pasted is decoded by the shell, which takes the output
// of $(…) in double quotes as it is; of it, it drops NUL bytes and line breaks at the end, which no header value has.
func shellWord(s string) string {
	if pasteable([]byte(s)) {
		return shellQuote(s)
	}
	return `"$(printf '%s' ` + shellBase64([]byte(s)) + ` | base64 -d)"`
}

// pasteable reports whether b may stand in a line that is pasted into a terminal. Quotes do not help against control
// characters: the terminal and the line editor act on them before the shell reads a quote. Invisible characters could
// make the line read differently from what it does. Tab stays, as text is full of it.
func pasteable(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool { return r != '\t' && format.Hidden(r) })
}

func shellBase64(b []byte) string { return shellQuote(base64.StdEncoding.EncodeToString(b)) }

// shellQuote quotes s, which is pasteable, for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
