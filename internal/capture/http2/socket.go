package http2

import (
	"fmt"
	"strings"
)

// maxHead is the most bytes of a head that [Head] writes.
const maxHead = 64 << 10

// OpensSocket reports whether the fields of a request ask for a WebSocket (RFC 8441 §4).
func OpensSocket(fields []Field) bool {
	connect, socket := false, false
	for _, f := range fields {
		connect = connect || f.Name == ":method" && f.Value == "CONNECT"
		socket = socket || f.Name == ":protocol" && f.Value == "websocket"
	}
	return connect && socket
}

// Head writes fields as a head, a line for each, pseudo-header fields included, with an empty line behind them: the form in which records
// hold handshakes over HTTP/2. Line ends inside of a field are left out, and fields beyond 64 KiB.
func Head(fields []Field) []byte {
	var b strings.Builder
	clean := strings.NewReplacer("\r", "", "\n", "")
	for _, f := range fields {
		if b.Len()+len(f.Name)+len(f.Value) > maxHead {
			break
		}
		b.WriteString(clean.Replace(f.Name) + ": " + clean.Replace(f.Value) + "\r\n")
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// CodeName names an error code (RFC 9113 §7).
func CodeName(code uint32) string {
	names := []string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
		"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	if code < uint32(len(names)) {
		return names[code]
	}
	return fmt.Sprintf("code %d", code)
}
