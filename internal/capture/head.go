package capture

import (
	"bytes"
	"strings"
)

// begins reports whether p begins with a word; the first segment of a head may end within it.
func begins(p []byte, word string, first bool) bool {
	return bytes.HasPrefix(p, []byte(word)) || first && strings.HasPrefix(word, string(p))
}

func cutHead(b []byte) (head, rest []byte, ok bool) {
	i := bytes.Index(b, []byte("\r\n\r\n"))
	if i < 0 {
		return nil, b, false
	}
	return b[: i+4 : i+4], b[i+4:], true
}

func asksForWebSocket(head []byte) bool {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := strings.Cut(string(line), ":")
		if strings.EqualFold(strings.TrimSpace(name), "Upgrade") && strings.EqualFold(strings.TrimSpace(value), "websocket") {
			return true
		}
	}
	return false
}
