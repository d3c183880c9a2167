package controller

import (
	"bytes"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/compare"
	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// texts makes a capture file of one connection on which the client says these texts.
func texts(t *testing.T, name string, said ...string) File {
	t.Helper()
	var b bytes.Buffer
	w := file.NewWriter(&b)
	list := []record.Record{
		{Kind: record.KindRequest, Name: "/ws", Head: []byte("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n")},
		{Kind: record.KindResponse, Head: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")},
	}
	for i, s := range said {
		n := uint64(len(s))
		list = append(list, record.Record{
			Kind: record.KindFrame, Header: frame.Header{Fin: true, Opcode: frame.Text, Length: n, Size: 2}, Payload: []byte(s),
			Message: uint64(i + 1), Final: true, Frames: 1, Wire: n, Inflated: n,
		})
	}
	for i := range list {
		list[i].Seq, list[i].Conn, list[i].Time = uint64(i+1), 1, int64(i+1)*1e6
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return File{Name: name, Size: int64(b.Len()), Reader: &b}
}

// frames paints until no work is left.
func frames(c *Controller) {
	for more := true; more; {
		_, _, _, more = c.Frame(func() bool { return false })
	}
}

// TestComparison proves how two open files are compared, also when they have one name, and what the commands do.
func TestComparison(t *testing.T) {
	c, page, _ := newTest()
	c.Do(ToggleComparison{})
	if v := c.Snapshot(); v.Compare.Open || v.Note == "" {
		t.Errorf("without files: %+v", v.Compare)
	}
	c.Open(texts(t, "x.tscap", "one", `{"a":1}`), texts(t, "x.tscap", `{"a":2}`, "three", "four"), texts(t, "y.tscap", "one"))
	c.Do(ToggleComparison{})
	frames(c)
	v := c.Snapshot().Compare
	if len(v.Files) != 3 || v.Files[0] != "x.tscap" || v.Files[1] != "x.tscap (2)" || v.Working || v.Result == nil {
		t.Fatalf("%+v", v)
	}
	if n := v.Result.Counts; n.Changed != 1 || n.Missing != 1 || n.New != 2 || n.Facts != 0 {
		t.Errorf("%+v", n)
	}
	if !v.Hidden[compare.Same] || v.Hidden[compare.New] {
		t.Errorf("%v", v.Hidden)
	}
	c.Do(SwapCompared{})
	frames(c)
	if n := c.Snapshot().Compare.Result.Counts; n.Changed != 1 || n.Missing != 2 || n.New != 1 {
		t.Errorf("%+v", n)
	}
	c.Do(ChooseCompared{Side: 0, File: 2})
	frames(c)
	if v := c.Snapshot().Compare; v.Sides != [2]int{2, 0} || v.Result.Counts.Same != 1 || v.Result.Counts.New != 1 {
		t.Errorf("%+v %+v", v.Sides, v.Result.Counts)
	}
	c.Do(ChooseCompared{Side: 1, File: 2})
	frames(c)
	if v := c.Snapshot().Compare; v.Sides != [2]int{0, 2} {
		t.Errorf("%v", v.Sides)
	}
	c.Do(ChooseCompared{Side: 0, File: 200})
	c.Do(ToggleClass{Class: 200})
	c.Do(ToggleClass{Class: compare.New})
	c.Do(ToggleSlower{})
	c.Do(MoreCompared{})
	if v := c.Snapshot().Compare; !v.Hidden[compare.New] || !v.Slower || v.Rows != 2*comparedRows || v.Sides != [2]int{0, 2} {
		t.Errorf("%+v", v)
	}
	page.asked = nil
	c.Do(GoCompared{Seq: 8})
	if v := c.Snapshot(); v.Compare.Open || v.Detail.None {
		t.Errorf("%+v", v.Compare)
	}
	c.Do(ToggleComparison{})
	if v := c.Snapshot().Compare; !v.Open || v.Result == nil {
		t.Error("the comparison is not there when one comes back")
	}
	if c.Key("Escape", ""); c.Snapshot().Compare.Open {
		t.Error("Escape does not close the comparison")
	}
}

// TestAComparisonEndsWithItsFiles proves that other files are compared from the start, and nothing without files.
func TestAComparisonEndsWithItsFiles(t *testing.T) {
	c, _, _ := newTest()
	c.Open(texts(t, "a", "one"), texts(t, "b", "two"))
	c.Do(ToggleComparison{})
	frames(c)
	c.Open(texts(t, "c", "one"), texts(t, "d", "one"))
	if c.Snapshot().Compare.Open {
		t.Error("a comparison of files that are gone is shown")
	}
	c.Do(ToggleComparison{})
	frames(c)
	if v := c.Snapshot().Compare; !v.Open || v.Files[0] != "c" || v.Result.Counts.Different() {
		t.Errorf("%+v", v)
	}
	c.Do(BackToLive{})
	if c.Snapshot().Compare.Open {
		t.Error("a comparison of files that are gone is shown")
	}
}
