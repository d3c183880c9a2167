package sim

import "time"

// kind is what happens.
type kind uint8

const (
	attempt    kind = iota // a client tries to connect
	connected              // a node has answered
	expired                // the client has waited too long for that
	registered             // Redis has answered a node
	beat                   // a node renews itself
	tick                   // 100 ms are over
	script                 // of the scenario
)

// event is something that happens to a client or a node.
type event struct {
	at   time.Duration
	seq  uint64 // of two at the same time the one that was planned first happens first
	kind kind
	who  int32
	gen  uint32 // of the client's attempt, or the node's life; another one means that the event is over
}

// queue is a heap of events.
type queue struct {
	heap []event
	seq  uint64
}

func (a event) before(b event) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (q *queue) push(e event) {
	q.seq++
	e.seq = q.seq
	q.heap = append(q.heap, e)
	for i := len(q.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !q.heap[i].before(q.heap[up]) {
			return
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

func (q *queue) pop() event {
	first, last := q.heap[0], len(q.heap)-1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if q.heap[child].before(q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
