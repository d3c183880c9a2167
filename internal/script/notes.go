package script

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/script/wire"
)

// Bounds of what is kept and said of a script.
const (
	maxLines  = 100 // kept
	maxPerSec = 20  // said each second
)

// Status is what a script has done so far.
type Status struct {
	Messages uint64        // that were given to it
	Changed  uint64        // of them
	Dropped  uint64        // of the changed ones: nothing took their place
	Answered uint64        // of the changed ones: their sender received an answer
	Closed   uint64        // of the changed ones: a close frame took their place
	Failed   uint64        // that passed as they were, or ended their connection, because it failed
	Late     uint64        // of the failed ones: it did not answer in time
	Restarts uint64        // of its worker
	Calls    uint64        // of its function, the failed ones included
	Time     time.Duration // that all calls took, the way to the worker and back included
	Longest  time.Duration // that one call took
	Problem  string        // the last error; "" after the file was loaded again
	Wrong    string        // why the file could not be loaded when it was last read; "" when it was
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

// called counts a call of the script's function.
func (n *notes) called(took time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Calls++
	n.now.Time += took
	n.now.Longest = max(n.now.Longest, took)
}

// decided counts a message.
func (n *notes) decided(r *wire.Reply) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Messages++
	if !r.Changed {
		return
	}
	n.now.Changed++
	switch {
	case r.Closes:
		n.now.Closed++
	case len(r.Messages) == 0 && len(r.Answers) == 0:
		n.now.Dropped++
	}
	if len(r.Answers) > 0 {
		n.now.Answered++
	}
}

// failed counts a message for which the script failed.
func (n *notes) failed(conn uint32, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Messages++
	n.now.Failed++
	if errors.Is(err, ErrLate) {
		n.now.Late++
	}
	n.problem(conn, err)
}

// wrong notes that a script could not be loaded.
func (n *notes) wrong(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Wrong = err.Error()
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
	n.now.Wrong = ""
	n.say(0, "the script's worker was started again")
}

// loaded notes that the file was read again.
func (n *notes) loaded(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now.Problem, n.now.Wrong = "", ""
	n.say(0, name+" was loaded again")
}
