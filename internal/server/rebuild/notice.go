package rebuild

import (
	"bufio"
	"encoding/json"
	"io"
)

// Notice is what the supervisor tells the server.
type Notice struct {
	Event string `json:"event"`          // "reload" or "build-error"
	Text  string `json:"text,omitempty"` // what the compiler said
}

// ReadNotices calls each for the notices that r brings, until r ends. Lines that are none are left out.
func ReadNotices(r io.Reader, each func(Notice)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var n Notice
		if json.Unmarshal(lines.Bytes(), &n) == nil && n.Event != "" {
			each(n)
		}
	}
}

// write sends a notice.
func (n Notice) write(w io.Writer) error { return json.NewEncoder(w).Encode(n) }
