package redis

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPayload is the largest message in bytes that is taken from another node. The largest an App publishes is smaller.
const maxPayload = 1 << 20

// What a node message says beside its message.
const (
	stateNone  = "-"
	stateHello = "hello" // the node has subscribed, and asks every other for its progress
	stateBye   = "bye"   // the node ends: its number is its last
)

// nodeMessage is one message on a channel: "2 <node> <epoch> <number> <sent, ms since 1970> <state>\n" and the message. Without
// a message, on the channel of all clients, it reports progress: its number is the last one that its node has used.
type nodeMessage struct {
	node    string
	epoch   string // of one run of the node's process: numbers count from 1 in each
	number  uint64 // 0 on the channel of one client
	sent    int64  // milliseconds since 1970
	state   string // one of the states above, or the Redis process at which every client of the node is registered
	message []byte
}

func (p nodeMessage) bytes() []byte {
	dst := make([]byte, 0, len(p.message)+192)
	dst = append(dst, "2 "...)
	dst = append(dst, p.node...)
	dst = append(dst, ' ')
	dst = append(dst, p.epoch...)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, p.number, 10)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, p.sent, 10)
	dst = append(dst, ' ')
	dst = append(dst, p.state...)
	dst = append(dst, '\n')
	return append(dst, p.message...)
}

// parseNodeMessage parses a payload from Redis, where other programs may publish too.
func parseNodeMessage(b []byte) (p nodeMessage, err error) {
	head, message, ok := strings.Cut(string(b[:min(len(b), maxPayload)]), "\n")
	f := strings.Split(head, " ")
	if !ok || len(b) > maxPayload || len(f) != 6 || f[0] != "2" || !validNode(f[1]) || !validNode(f[2]) || !validNode(f[5]) {
		return p, fmt.Errorf("redis: a message of %d bytes that no node of this version wrote", len(b))
	}
	p.node, p.epoch, p.state, p.message = f[1], f[2], f[5], []byte(message)
	if p.number, err = strconv.ParseUint(f[3], 10, 64); err != nil {
		return nodeMessage{}, fmt.Errorf("redis: message number: %w", err)
	}
	if p.sent, err = strconv.ParseInt(f[4], 10, 64); err != nil {
		return nodeMessage{}, fmt.Errorf("redis: message time: %w", err)
	}
	return p, nil
}

// progress reports whether p has no message.
func (p nodeMessage) progress() bool { return len(p.message) == 0 }

// validNode reports whether s can name a node: 1 to 64 letters, digits, dots, hyphens and underscores.
func validNode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
