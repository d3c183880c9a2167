package redis

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// maxPayload is the largest message in bytes that is taken from another node. The largest an App publishes is smaller.
const maxPayload = 1 << 20

// parcel is one message on a channel: "1 <node> <number> <sent, ms since 1970>\n" and the message. A parcel for everybody
// without a message is a beacon: its number is the last one its node has used.
type parcel struct {
	node    string
	number  uint64 // counts from 1; 0 on the channel of one client
	sent    int64  // milliseconds since 1970
	message []byte
}

func (p parcel) bytes() []byte {
	dst := make([]byte, 0, len(p.message)+128)
	dst = append(dst, "1 "...)
	dst = append(dst, p.node...)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, p.number, 10)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, p.sent, 10)
	dst = append(dst, '\n')
	return append(dst, p.message...)
}

// parseParcel reads what came from Redis, where others may publish too.
func parseParcel(b []byte) (p parcel, err error) {
	head, message, ok := bytes.Cut(b[:min(len(b), maxPayload)], []byte{'\n'})
	fields := bytes.Split(head, []byte{' '})
	if !ok || len(b) > maxPayload || len(fields) != 4 || string(fields[0]) != "1" || !validNode(string(fields[1])) {
		return p, fmt.Errorf("redis: a message of %d bytes that no node wrote", len(b))
	}
	p.node, p.message = string(fields[1]), message
	if p.number, err = strconv.ParseUint(string(fields[2]), 10, 64); err != nil {
		return parcel{}, fmt.Errorf("redis: message number: %w", err)
	}
	if p.sent, err = strconv.ParseInt(string(fields[3]), 10, 64); err != nil {
		return parcel{}, fmt.Errorf("redis: message time: %w", err)
	}
	return p, nil
}

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

// maxNodes bounds the nodes that are remembered.
const maxNodes = 1024

// numbers remembers how far each other node has come.
type numbers struct {
	byNode map[string]heard
}

type heard struct {
	number uint64
	at     time.Time
}

// judge decides about a parcel for everybody that came at now: whether its message is new, and how many before it are
// missing, since when. A node that was not heard before sets its own beginning.
func (n *numbers) judge(p parcel, now time.Time) (fresh bool, missing uint64, since time.Time) {
	if p.number == 0 && len(p.message) > 0 {
		return false, 0, now // no node numbers so: messages count from 1
	}
	last, known := n.byNode[p.node]
	if !known {
		n.forget()
		last = heard{number: p.number, at: now}
		if len(p.message) > 0 {
			last.number--
		}
	}
	expected := last.number
	if len(p.message) > 0 {
		expected++
	}
	if p.number > expected {
		missing = p.number - expected
	}
	fresh = len(p.message) > 0 && p.number > last.number
	n.byNode[p.node] = heard{max(p.number, last.number), now}
	return fresh, missing, last.at
}

// forget makes room for one node by forgetting the one not heard for longest.
func (n *numbers) forget() {
	if n.byNode == nil {
		n.byNode = map[string]heard{}
	}
	if len(n.byNode) < maxNodes {
		return
	}
	oldest := ""
	for node, h := range n.byNode {
		if oldest == "" || h.at.Before(n.byNode[oldest].at) {
			oldest = node
		}
	}
	delete(n.byNode, oldest)
}
