package decode

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// stomp reads STOMP 1.0 to 1.2: a command, headers, an empty line, a body and a zero byte.
type stomp struct{}

func (stomp) Name() string { return "STOMP" }

var stompCommands = []string{
	"CONNECT", "STOMP", "CONNECTED", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT", "DISCONNECT", "MESSAGE", "RECEIPT", "ERROR",
}

func (stomp) Guess(in *Input) Confidence {
	command, _, more := bytes.Cut(in.Payload[:min(len(in.Payload), 64)], []byte("\n"))
	known := more && slices.Contains(stompCommands, strings.TrimSuffix(string(command), "\r"))
	switch {
	case strings.Contains(in.Subprotocol, ".stomp"):
		return Sure
	case known && (bytes.HasSuffix(bytes.TrimRight(in.Payload, "\r\n"), []byte{0}) || in.cut()):
		return Sure
	case known:
		return Likely
	}
	return No
}

func (stomp) decode(in *Input, t *tree) error {
	b, n := in.Payload, 0
	summary, pair := "", Pair{}
	for n = 0; ; n++ { // frames stand one after the other, with line ends between
		rest := len(b) - len(bytes.TrimLeft(b, "\r\n"))
		size := stompFrame(b[rest:])
		if size == 0 || len(bytes.Trim(b[rest+size:], "\r\n")) == 0 {
			break
		}
		one := *in
		one.Payload = b[:rest+size]
		if err := t.stompFrame(&one, len(in.Payload)-len(b)); err != nil {
			return err
		}
		if n == 0 {
			summary, pair = t.summary, t.pair
		}
		b = b[rest+size:]
	}
	one := *in
	one.Payload = b
	err := t.stompFrame(&one, len(in.Payload)-len(b))
	if n > 0 {
		t.summary, t.pair = summary+" and "+count(n, "more frame"), pair
	}
	return err
}

// stompFrame writes one frame, which stands at a place in the message.
func (t *tree) stompFrame(in *Input, at int) error {
	t.base += at
	err := stomp{}.one(in, t)
	t.base -= at
	if e, ok := err.(*Error); ok && at > 0 { //nolint:errorlint // it is never wrapped
		return fault(e.Offset+at, e.Message)
	}
	return err
}

// one writes the frame that the payload is.
func (stomp) one(in *Input, t *tree) error {
	b := in.Payload
	if len(bytes.Trim(b, "\r\n")) == 0 {
		t.summary = "heart-beat"
		t.add(0, "heart-beat", count(len(b), "byte"), Note, 0, len(b))
		return nil
	}
	i := len(b) - len(bytes.TrimLeft(b, "\r\n"))
	end := lineEnd(b, i)
	command := strings.TrimSuffix(text(b[i:end]), "\r")
	t.add(0, "command", command, Word, i, end)
	t.summary = command
	headers := map[string]string{}
	for i = end + 1; ; i = end + 1 {
		if i >= len(b) {
			return fault(len(b), "an empty line is expected behind the headers")
		}
		if end = lineEnd(b, i); strings.TrimSuffix(text(b[i:end]), "\r") == "" {
			break
		}
		name, v, ok := strings.Cut(strings.TrimSuffix(text(b[i:end]), "\r"), ":")
		if !ok {
			return fault(i, "a header has a name, a colon and a value")
		}
		name, v = stompUnescape(name), stompUnescape(v)
		if t.add(1, name, v, String, i, end) < 0 {
			break
		}
		if _, again := headers[name]; !again { // of headers with one name, the first counts
			headers[name] = v
		}
	}
	t.summary, t.pair = stompSummary(command, headers)
	return stompBody(b, min(end+1, len(b)), headers["content-length"], t)
}

func lineEnd(b []byte, i int) int {
	if k := bytes.IndexByte(b[min(i, len(b)):], '\n'); k >= 0 {
		return i + k
	}
	return len(b)
}

var stompEscapes = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\c`, ":", `\\`, `\`)

func stompUnescape(s string) string { return stompEscapes.Replace(s) }

func stompSummary(command string, h map[string]string) (string, Pair) {
	summary := command
	if to := h["destination"]; to != "" {
		summary += " " + to
	}
	summary = with(summary, "id", h["id"])
	switch {
	case command == "CONNECT" || command == "STOMP":
		return summary, Pair{Request, "connect"}
	case command == "CONNECTED":
		return with(summary, "version", h["version"]), Pair{Response, "connect"}
	case h["receipt-id"] != "":
		return with(with(summary, "receipt", h["receipt-id"]), "message", h["message"]), Pair{Response, h["receipt-id"]}
	case h["receipt"] != "":
		return with(summary, "receipt", h["receipt"]), Pair{Request, h["receipt"]}
	}
	return with(summary, "message", h["message"]), Pair{}
}

// stompBody writes the body, which ends at its length where one is given and else at the first zero byte.
func stompBody(b []byte, i int, length string, t *tree) error {
	end := bytes.IndexByte(b[i:], 0)
	if n, err := strconv.Atoi(length); err == nil && n >= 0 && n < len(b)-i {
		end = n
	}
	if end < 0 {
		t.content(b, i, len(b))
		return fault(len(b), "a zero byte is expected behind the body")
	}
	if t.content(b, i, i+end); b[i+end] != 0 {
		return fault(i+end, "a zero byte is expected behind a body of the length that the header gives")
	}
	return nil
}

// content writes bytes that a protocol carries and does not look into: as JSON where they are, else as text or digits.
func (t *tree) content(b []byte, from, to int) {
	part := b[from:to]
	in := Input{Payload: part, Text: true}
	switch {
	case len(part) == 0:
	case jsonText{}.Guess(&in) == Likely:
		was := len(t.lines)
		t.base += from
		_, err := t.json(part, 0, 0, "body")
		if t.base -= from; err != nil {
			t.lines = t.lines[:was]
			t.add(0, "body", text(part), String, from, to)
		}
	case readable(part):
		t.add(0, "body", text(part), String, from, to)
	default:
		t.add(0, "body", hexOf(part), Bytes, from, to)
	}
}
