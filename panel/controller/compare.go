package controller

import (
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// Bounds of a comparison in a page: what is beyond of a capture is left out, which is said; and how many rows are drawn at first, and with
// each "show more".
const (
	maxCompared  = 50_000 // messages of each capture
	comparedRows = 200
)

// comparison compares two of the files that are open. The core's lock guards it. It works in frames, as the model does.
type comparison struct {
	*core
	open     bool
	file     *openFile // the files that it is about
	sides    [2]int    // which of them are A and B
	builders [2]*compare.Builder
	next     uint64              // the row to take next
	work     *compare.Comparison // nil while rows are taken
	done     bool
	hidden   [compare.New + 1]bool // classes whose rows are not listed
	slower   bool                  // only rows with slower answers are listed
	rows     int                   // that are listed
}

// The commands of the comparison.
type (
	// ToggleComparison compares the first two files that are open, or shows and hides the comparison that was made.
	ToggleComparison struct{}
	// SwapCompared changes the sides of the comparison.
	SwapCompared struct{}
	// ChooseCompared compares another one of the open files: as A (0) or B (1).
	ChooseCompared struct {
		Side uint8
		File uint8
	}
	// ToggleClass lists the messages of a class, or leaves them out.
	ToggleClass struct{ Class compare.Class }
	// ToggleSlower lists only messages with slower answers, or all.
	ToggleSlower struct{}
	// MoreCompared lists more messages.
	MoreCompared struct{}
	// GoCompared closes the comparison and selects a record.
	GoCompared struct{ Seq uint64 }
)

func (ToggleComparison) run(c *Controller) {
	if !c.comparison.toggle() {
		c.Note("Open two captures together to compare them: choose or drop both at once")
	}
	c.wake()
}

func (SwapCompared) run(c *Controller) {
	c.mu.Lock()
	x := &c.comparison
	x.begin(x.sides[1], x.sides[0])
	c.mu.Unlock()
	c.wake()
}

func (s ChooseCompared) run(c *Controller) {
	c.mu.Lock()
	x := &c.comparison
	sides := x.sides
	sides[s.Side&1] = int(s.File)
	if sides[0] == sides[1] { // they change places
		sides[1-s.Side&1] = x.sides[s.Side&1]
	}
	x.begin(sides[0], sides[1])
	c.mu.Unlock()
	c.wake()
}

func (t ToggleClass) run(c *Controller) {
	if int(t.Class) < len(c.comparison.hidden) {
		c.flip(&c.comparison.hidden[t.Class])
	}
}
func (ToggleSlower) run(c *Controller) { c.flip(&c.comparison.slower) }

func (MoreCompared) run(c *Controller) {
	c.mu.Lock()
	c.comparison.rows += comparedRows
	c.mu.Unlock()
	c.wake()
}

func (g GoCompared) run(c *Controller) {
	c.mu.Lock()
	c.comparison.open = false
	c.mu.Unlock()
	c.Send(model.Seek(g))
	c.page.FocusGrid()
}

// toggle shows or hides the comparison, and reports whether there are files to compare.
func (x *comparison) toggle() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.view().Open {
		x.open = false
		return true
	}
	if x.core.file == nil || len(x.core.file.names) < 2 {
		return false
	}
	if x.open = true; x.file != x.core.file {
		x.begin(0, 1)
	}
	return true
}

// begin compares two of the files from the start. Its caller holds the lock.
func (x *comparison) begin(a, b int) {
	if x.core.file == nil || max(a, b) >= len(x.core.file.names) {
		return
	}
	x.file, x.sides, x.next, x.work, x.done, x.rows = x.core.file, [2]int{a, b}, 0, nil, false, comparedRows
	x.hidden, x.slower = [compare.New + 1]bool{compare.Same: true}, false
	for i := range x.builders {
		x.builders[i] = compare.NewBuilder(false)
		x.builders[i].Limit(maxCompared)
	}
}

// step goes on with the comparison until late says that the time is up, and reports whether work is left.
func (x *comparison) step(late func() bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.working() && !late() {
		x.advance()
	}
	return x.working()
}

// working reports whether there is something to do now: the files are read, and the comparison is not at its end.
func (x *comparison) working() bool {
	return x.open && x.file != nil && x.file == x.core.file && x.file.done && !x.done
}

// advance takes some rows, or compares two connections.
func (x *comparison) advance() {
	if x.work != nil {
		x.done = !x.work.Step()
		return
	}
	names := x.file.names
	next, more := x.model.Walk(x.next, 64, func(r *record.Record, file string) {
		for i, b := range x.builders {
			if names[x.sides[i]] == file {
				b.Add(r)
			}
		}
	})
	if x.next = next; !more {
		x.work = compare.Begin(x.builders[0].Capture(), x.builders[1].Capture(), compare.DefaultOptions)
		x.builders = [2]*compare.Builder{}
	}
}

// CompareView is the comparison as the view draws it.
type CompareView struct {
	Open    bool
	Working bool
	Files   []string
	Sides   [2]int
	Result  *compare.Result // until now
	Hidden  [compare.New + 1]bool
	Slower  bool
	Rows    int // that are listed
}

// view returns what is drawn. Its caller holds the lock.
func (x *comparison) view() CompareView {
	if !x.open || x.file == nil || x.file != x.core.file {
		return CompareView{}
	}
	v := CompareView{Open: true, Working: !x.done, Files: slices.Clone(x.file.names), Sides: x.sides, Hidden: x.hidden, Slower: x.slower, Rows: x.rows}
	if x.work != nil {
		v.Result = x.work.Result()
	}
	return v
}
