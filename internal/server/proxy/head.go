package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// maxHead bounds the head of a request or a response, in bytes.
const maxHead = 64 << 10

var (
	errLongHead = errors.New("the target's answer has a head of more than 64 KiB")
	errNotHTTP  = errors.New("the target did not answer with HTTP/1.1")
)

// replaceField returns head with another value in the field of a name, given in lower case, wherever it stands. Spelling,
// order and every other byte stay. A head without the field stays as it is.
func replaceField(head []byte, name, value string) []byte {
	out := make([]byte, 0, len(head)+len(value))
	for i, line := range bytes.SplitAfter(head, []byte("\r\n")) {
		field, _, ok := bytes.Cut(line, []byte(":"))
		if i == 0 || !ok || !strings.EqualFold(string(field), name) {
			out = append(out, line...)
			continue
		}
		out = append(append(append(out, field...), ": "...), value...)
		out = append(out, "\r\n"...)
	}
	return out
}

// readHead reads the head of a response and returns it with its status. It takes no byte behind the empty line.
func readHead(r *bufio.Reader) (head []byte, status int, err error) {
	begin := 0 // of the line
	for {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case len(head) > maxHead:
			return nil, 0, errLongHead
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, 0, fmt.Errorf("the target ended the connection before its answer was complete: %w", err)
		}
		if status == 0 {
			if status = statusOf(head); status == 0 {
				return nil, 0, errNotHTTP
			}
		}
		if frame.EndsHead(head[begin:]) {
			return head, status, nil
		}
		begin = len(head)
	}
}

// statusOf returns the status of a status line, or 0 if it is none.
func statusOf(line []byte) int {
	version, rest, _ := strings.Cut(string(line[:min(len(line), 64)]), " ")
	if !strings.HasPrefix(version, "HTTP/1.") || len(rest) < 3 {
		return 0
	}
	status, err := strconv.Atoi(rest[:3])
	if err != nil || status < 100 {
		return 0
	}
	return status
}
