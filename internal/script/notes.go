package script

import (
	"fmt"
	"sync"
	"time"
)

// Bounds of what is kept and said of a script.
const (
	maxLines  = 100 // kept
	maxPerSec = 20  // said each second
)

// Status is what a script has done so far.
type Status struct {
	Messages uint64 // that were given to it
	Changed  uint64 // of them
	Failed   uint64 // that passed as they were, or ended their connection, because it failed
	Restarts uint64 // of its worker
	Problem  string // the last error; "" after the file was loaded again
	Lines    []string
	Lost     uint64 // lines that were printed too fast to be kept
}

// notes counts, and keeps and passes on what a script prints.
type notes struct {
	log func(conn uint32, line string)

	mu     sync.Mutex
	now    Status
	second int64 // of the lines that were said last
	said   int
	unsaid uint64
}

// Status returns what the script has done so far.
func (s *Script) Status() Status {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	now := s.notes.now
	now.Lines = append([]string(nil), now.Lines...)
	return now
}

// say keeps a line and passes it on, unless there were too many in this second. The caller holds the lock.
func (n *notes) say(conn uint32, line string) {
	second := time.Now().Unix()
	if second != n.second {
		n.second, n.said = second, 0
		if n.unsaid > 0 {
			n.put(0, fmt.Sprintf("%d lines of the script are not shown", n.unsaid))
			n.unsaid = 0
		}
	}
	if n.said++; n.said > maxPerSec {
		n.unsaid++
		n.now.Lost++
		return
	}
	n.put(conn, line)
}

func (n *notes) put(conn uint32, line string) {
	if len(n.now.Lines) == maxLines {
		n.now.Lines = append(n.now.Lines[:0], n.now.Lines[1:]...)
	}
	n.now.Lines = append(n.now.Lines, line)
	if n.log != nil {
		n.log(conn, line)
	}
}

// printed notes what the script has printed, each in quotes: it may say what a peer sent.
func (n *notes) printed(conn uint32, lines []string, unshown uint64) {
	if len(lines) == 0 && unshown == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range lines {
		n.say(conn, fmt.Sprintf("print: %q", line))
	}
	n.now.Lost += unshown
	n.unsaid += unshown
}

// decided counts a message.
func (n *notes) decided(changed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Messages++
	if changed {
		n.now.Changed++
	}
}

// failed counts a message for which the script failed.
func (n *notes) failed(conn uint32, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Messages++
	n.now.Failed++
	n.problem(conn, err)
}

// wrong notes that a script could not be loaded.
func (n *notes) wrong(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.problem(0, err)
}

func (n *notes) problem(conn uint32, err error) {
	n.now.Problem = err.Error()
	n.say(conn, "error: "+err.Error())
}

// restarted counts a worker that took the place of one that ended.
func (n *notes) restarted() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Restarts++
	n.say(0, "the script's worker was started again")
}

// loaded notes that the file was read again.
func (n *notes) loaded(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Problem = ""
	n.say(0, name+" was loaded again")
}
