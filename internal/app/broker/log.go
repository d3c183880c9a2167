package broker

// The bounds of the log, of all nodes together. What is older goes first.
const (
	MaxLogged      = 1000    // messages
	MaxLoggedBytes = 4 << 20 // bytes of messages
	MaxPast        = 100     // messages in one answer of [Broker.History]
	MaxPastBytes   = 64 << 10
)

// Position is a place in the log of messages: after the one with the number Offset.
type Position struct {
	Epoch  string // of the log. Another epoch begins when messages may be missing in the log; "" is no position
	Offset uint64 // messages count from 1 in each epoch
}

// Past is what [Broker.History] returns.
type Past struct {
	Messages [][]byte // in the order of the log; not to be changed
	At       Position // after Messages
	Lost     bool     // before Messages others were logged, or may have been, that cannot be returned any more
	More     bool     // messages were logged after At
}

// PastOf makes the answer to a client that asks for what comes after a position. The log has the epoch and its last message the number
// last; kept are its messages from the number first on, as many as there are or more than an answer has.
func PastOf(after Position, epoch string, last, first uint64, kept [][]byte) Past {
	p := Past{At: Position{epoch, last}}
	if after.Epoch == "" {
		return p
	}
	known := after.Epoch == epoch && after.Offset <= last
	if !known {
		after.Offset = 0
	}
	if skip := after.Offset + 1 - min(first, after.Offset+1); len(kept) > 0 && skip > 0 {
		kept, first = kept[min(skip, uint64(len(kept))):], first+skip
	}
	p.Messages = fitting(kept)
	missing := after.Offset < last && (len(kept) == 0 || first > after.Offset+1)
	p.Lost = !known || missing
	if len(p.Messages) > 0 {
		p.At.Offset = first + uint64(len(p.Messages)) - 1
	}
	p.More = p.At.Offset < last
	return p
}

// fitting returns as many of the messages as one answer has, and one at least.
func fitting(list [][]byte) [][]byte {
	bytes := 0
	for i, m := range list {
		if bytes += len(m); i == MaxPast || i > 0 && bytes > MaxPastBytes {
			return list[:i]
		}
	}
	return list
}

// memoryLog is the log of a system with one node.
type memoryLog struct {
	epoch string
	last  uint64
	kept  [][]byte // up to last
	bytes int      // of kept
}

func (l *memoryLog) append(message []byte) {
	l.last++
	l.kept = append(l.kept, message)
	l.bytes += len(message)
	for len(l.kept) > MaxLogged || l.bytes > MaxLoggedBytes {
		l.bytes -= len(l.kept[0])
		l.kept[0] = nil // the array lives on
		l.kept = l.kept[1:]
	}
}

func (l *memoryLog) after(p Position) Past {
	return PastOf(p, l.epoch, l.last, l.last+1-uint64(len(l.kept)), l.kept)
}
