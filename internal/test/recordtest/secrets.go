package recordtest

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// The credentials of [Secretive]: a token that is recognised in any place, and a password that needs a name.
const (
	JWT      = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlc2lnbmF0dXJl"
	Password = "s3cr3tpassphrase"
)

// secretHeads are requests with credentials in every kind of place, $ for [Password].
var secretHeads = []string{
	"GET /ws?token=$ HTTP/1.1\r\nHost: h\r\n", "GET /ws;token=$ HTTP/1.1\r\nHost: h\r\n", "GET /ws#access_token=$ HTTP/1.1\r\nHost: h\r\n",
	"GET /ws?connectionParams=%7B%22token%22%3A%22$%22%7D HTTP/1.1\r\nHost: h\r\n", "GET /ws name?a=b c&token=$ HTTP/1.1\r\nHost: h\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nX-Original-URI: /ws?token=$\r\n", "GET /ws HTTP/1.1\nHost: h\nAuthorization: Bearer $\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer\r\n $\r\n", "GET /ws HTTP/1.1\r\nHost: h\r\nX-Other: a\rCookie: id=$\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nX-Any: " + JWT + "\r\nX Api Key: $\r\n", "GET /ws/" + JWT + "/x HTTP/1.1\r\nHost: h\r\nCookie: a=$\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Protocol: realtime, openai-insecure-api-key.$\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Protocol: v1.token.websocket.jupyter.org.$, bearer, $\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Protocol: header-" + base64.RawURLEncoding.EncodeToString([]byte(`{"Authorization":"`+Password+`"}`)) + "\r\n",
	"GET /ws HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Protocol: chat, " + JWT + "\r\n",
	"GET /ws?code=$&x-amz-credential=$ HTTP/1.1\r\nHost: u:$@h\r\nReferer: https://h/#id_token=$\r\nProxy-Authorization: Basic $\r\n",
}

// Secretive is a capture that another program made, with credentials in every kind of place but messages, and one text message on each
// connection. Each connection has five records.
func Secretive() (list []record.Record) {
	for i, h := range secretHeads {
		for _, r := range secretConn(strings.ReplaceAll(h, "$", Password)) {
			r.Conn, r.Seq = uint32(i+1), uint64(len(list)+1)
			r.Time = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).UnixNano() + int64(r.Seq)*1e6
			list = append(list, r)
		}
	}
	return list
}

// secretConn returns the records of a connection that begins with a head.
func secretConn(h string) []record.Record {
	eol := "\r\n"
	if !strings.Contains(h, "\r\n") {
		eol = "\n"
	}
	h += "Upgrade: websocket" + eol + "Connection: Upgrade" + eol + "Sec-WebSocket-Version: 13" + eol + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" + eol + eol
	list := []record.Record{
		{Kind: record.KindRequest, Name: "wss://h/my room?token=" + Password, Remote: "https://u:" + Password + "@h/page?ticket=" + Password, Head: []byte(h)},
		{Kind: record.KindResponse, Dir: record.In, Head: []byte("HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=b\r\n c; id=" + Password + "\r\nUpgrade: websocket\r\n" +
			"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")},
	}
	d := frame.NewDecoder(frame.Config{FromClient: true})
	d.Feed(frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}}, []byte("hello")), func(f *frame.Frame) {
		r := record.Record{Dir: record.Out}
		r.SetFrame(f)
		list = append(list, r.Clone())
	})
	return append(list, record.Record{Kind: record.KindNote, Name: "attempt", Reason: "wss://h/?token=" + Password + " failed"},
		record.Record{Kind: record.KindEnd, Reason: "no way to wss://u:" + Password + "@h/"})
}

// Leak returns what of a credential stands in data, with what stands before it: as it is, in base64 at any position, or in hexadecimal
// digits; "" for nothing. Without secrets it looks for those of [Secretive].
func Leak(data string, secrets ...string) string {
	if secrets == nil {
		secrets = []string{Password, JWT[:30], JWT[len(JWT)-20:]}
	}
	lower := strings.ToLower(data)
	for _, s := range secrets {
		for _, form := range encoded(s) {
			if i := strings.Index(data, form); i >= 0 {
				return data[max(0, i-120) : i+len(form)]
			}
		}
		if i := strings.Index(lower, hex.EncodeToString([]byte(s))); i >= 0 {
			return data[max(0, i-120) : i+2*len(s)]
		}
	}
	return ""
}

// encoded returns a text, and what of it is the same in base64 wherever it stands in the bytes that were encoded.
func encoded(s string) []string {
	list := []string{s}
	for before := range 3 {
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
		whole := len(text) - 2 // the last digits depend on what follows
		list = append(list, text[[3]int{0, 2, 3}[before]:whole])
	}
	for _, one := range list[1:] {
		list = append(list, strings.NewReplacer("+", "-", "/", "_").Replace(one))
	}
	return list
}
