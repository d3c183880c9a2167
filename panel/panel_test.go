// These tests prove that the screen shows what the model says, that every command and key of the help does something, and
// that data reaches the page as text only.
package panel

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fakePage writes down what was asked of the page.
type fakePage struct{ asked []string }

func (p *fakePage) note(s string)                     { p.asked = append(p.asked, s) }
func (p *fakePage) Copy(text string)                  { p.note("copy " + text) }
func (p *fakePage) Download(name, _ string, _ []byte) { p.note("download " + name) }
func (p *fakePage) Network()                          { p.note("network") }
func (p *fakePage) OpenFile()                         { p.note("open file") }
func (p *fakePage) Share(name string, _ []byte, done func(string)) {
	p.note("share " + name)
	done("")
}
func (p *fakePage) StartDemo()                       { p.note("demo") }
func (p *fakePage) Reload()                          { p.note("reload") }
func (p *fakePage) FocusFilter()                     { p.note("focus filter") }
func (p *fakePage) SetFilterText(text string, _ int) { p.note("filter text " + text) }
func (p *fakePage) ShowCompletion(int)               {}
func (p *fakePage) Remember(key, text string) bool {
	p.note("remember " + key + " " + text)
	return true
}
func (p *fakePage) Link(uint64, string, string) {}
func (p *fakePage) Theme(name string)           { p.note("theme " + name) }
func (p *fakePage) CopyLink()                   { p.note("copy link") }
func (p *fakePage) FocusNote()                  { p.note("focus note") }
func (p *fakePage) Recall(string) string        { return "" }
func (p *fakePage) FocusGoTo()                  { p.note("focus goto") }
func (p *fakePage) FocusGrid()                  { p.note("focus grid") }
func (p *fakePage) FocusDetail()                { p.note("focus detail") }
func (p *fakePage) Keep(key, text string)       { p.note("keep " + key + " " + text) }
func (p *fakePage) Kept(string) string          { return "" }
func (p *fakePage) PickFile(purpose string)     { p.note("pick " + purpose) }
func (p *fakePage) Picture(mime string, b []byte) string {
	p.note("picture " + mime + " " + strconv.Itoa(len(b)))
	return "blob:picture"
}

func newTest(records ...record.Record) (*controller.Controller, *fakePage) {
	page := &fakePage{}
	d := controller.New(model.New(model.Options{}), page, "ws://127.0.0.1:7316", func() {})
	d.Send(model.Feed{State: model.FeedLive})
	if len(records) > 0 {
		b := record.AppendBatch(nil, record.Batch{First: 1, Count: uint64(len(records))})
		for i := range records {
			b = record.AppendRecord(b, &records[i])
		}
		d.Send(model.Batch{Bytes: b})
	}
	settle(d)
	return d, page
}

func settle(d *controller.Controller) {
	for more := true; more; {
		_, _, _, more = d.Frame(func() bool { return false })
	}
}

const (
	request  = "GET /ws/echo HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

func conversation() []record.Record {
	payload := `{"hello":["<img src=x onerror=alert(1)>",1]}`
	n := uint64(len(payload))
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()
	return []record.Record{
		{Time: at, Conn: 1, Kind: record.KindRequest, Head: []byte(request), Name: "/ws/echo", Remote: "127.0.0.1:5"},
		{Time: at, Conn: 1, Kind: record.KindResponse, Head: []byte(response)},
		{
			Time: at, Conn: 1, Kind: record.KindFrame, Dir: record.Out, Violations: frame.ZeroKey,
			Header:  frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: n, Size: 6},
			Payload: []byte(payload), Message: 1, Final: true, Frames: 1, Wire: n, Inflated: n,
		},
		{
			Time: at, Conn: 1, Kind: record.KindFrame, Dir: record.In,
			Header: frame.Header{Fin: true, Opcode: frame.Close, Length: 5, Size: 2}, Payload: []byte("\x03\xe8bye"),
		},
		{Time: at, Conn: 1, Kind: record.KindClose, By: record.SideServer, Code: 1000, Reason: "bye", Clean: true},
	}
}

var (
	tag       = regexp.MustCompile(`<[a-z0-9]+( [a-z-]+(="(\\.|[^"\\])*")?)*>`)
	attribute = regexp.MustCompile(`[a-z-]+(="(\\.|[^"\\])*")?`)
)

// html renders the panel with the attributes of each element in order: go-app keeps them in a map.
func html(d *controller.Controller) string {
	out := app.HTMLString(New(d, nil).screen(d.Snapshot()))
	return tag.ReplaceAllStringFunc(out, func(t string) string {
		name, rest, found := strings.Cut(t, " ")
		if !found {
			return t
		}
		list := attribute.FindAllString(rest, -1)
		slices.Sort(list)
		return name + " " + strings.Join(list, " ") + ">"
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference", path)
	}
}

func TestScreens(t *testing.T) {
	for _, c := range []struct {
		name string
		on   []record.Record
		do   []controller.Command
	}{
		{"waiting", nil, nil},
		{"nothing-selected", conversation(), nil},
		{"hidden-by-filters", conversation(), []controller.Command{controller.ToggleType{Type: rows.TypeReserved}}},
		{"message", conversation(), []controller.Command{controller.Update{Msg: model.Select{ID: 2}}, controller.Update{Msg: model.SetTab{Tab: model.TabMessage}}}},
		{"frame", conversation(), []controller.Command{controller.Update{Msg: model.Select{ID: 2}}, controller.Update{Msg: model.SetTab{Tab: model.TabFrame}}}},
		{"hex", conversation(), []controller.Command{controller.Update{Msg: model.Select{ID: 2}}, controller.Update{Msg: model.SetTab{Tab: model.TabHex}}}},
		{"handshake", conversation(), []controller.Command{controller.ChooseConn{ID: 1}}},
		{"close", conversation(), []controller.Command{controller.Update{Msg: model.Select{ID: 3}}, controller.Update{Msg: model.SetTab{Tab: model.TabClose}}}},
		{"help", nil, []controller.Command{controller.ToggleHelp{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := newTest(c.on...)
			for _, cmd := range c.do {
				d.Do(cmd)
			}
			settle(d)
			golden(t, c.name+".html", html(d))
		})
	}
}

// A payload that looks like markup must come out as text, and no element may carry a style or a handler as an attribute:
// the content security policy refuses the first, and the second would be an injection.
func TestDataIsTextAndNothingIsInline(t *testing.T) {
	d, _ := newTest(conversation()...)
	d.Send(model.Select{ID: 2})
	for tab := range model.NumTabs {
		d.Send(model.SetTab{Tab: tab})
		out := html(d)
		if strings.Contains(out, "<img src=x") {
			t.Errorf("%v: the payload became an element", tab)
		}
		if m := regexp.MustCompile(`<[^>]* (style|on[a-z]+)="`).FindString(out); m != "" {
			t.Errorf("%v: inline: %s", tab, m)
		}
	}
}

// TestEveryElementCarriesACommand: what an element carries is read back as a command, in every region and state.
func TestEveryElementCarriesACommand(t *testing.T) {
	d, _ := newTest(conversation()...)
	d.SetControl(&fakeClient{})
	d.Send(model.Select{ID: 2})
	d.Do(controller.ToggleType{Type: 1})
	attributes := regexp.MustCompile(`<[a-z]+ [^>]*data-do="[^>]*>`)
	value := func(tag, name string) string {
		m := regexp.MustCompile(` ` + name + `="((\\.|[^"\\])*)"`).FindStringSubmatch(tag)
		if m == nil {
			return ""
		}
		text, err := strconv.Unquote(`"` + m[1] + `"`)
		if err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		return text
	}
	check := func() {
		t.Helper()
		for _, tag := range attributes.FindAllString(html(d), -1) {
			if _, err := controller.ParseCommand(value(tag, "data-do"), value(tag, "data-arg")); err != nil {
				t.Errorf("%s: %v", tag, err)
			}
		}
	}
	for tab := range model.NumTabs {
		d.Send(model.SetTab{Tab: tab})
		check()
	}
	for _, open := range []controller.Command{controller.ToggleStatistics{}, controller.ToggleSettings{}, controller.ToggleComposer{}, controller.ToggleFaults{}, controller.ToggleRequests{}} {
		d.Do(open)
		check()
	}
}

// fakeClient is a control API that answers nothing.
type fakeClient struct{}

func (*fakeClient) Call(_, _, _ string, _ func(int, string))         {}
func (*fakeClient) Stream(_, _ string, _, _ func(string)) func()     { return func() {} }
func (*fakeClient) Every(int, func()) func()                         { return func() {} }
func (*fakeClient) SetValue(_, _ string)                             {}
func (*fakeClient) FocusBox(string)                                  {}
func (*fakeClient) PickFile(int, func(string, []byte, string))       {}
func (*fakeClient) Dial(string, []string, func(string, bool)) func() { return func() {} }

// TestSpokenStatus: a screen reader speaks what the status bar shows, in words, and one row is singular.
func TestSpokenStatus(t *testing.T) {
	d, _ := newTest(conversation()...)
	spoken := func() string {
		d.Speak()
		return d.Snapshot().Spoken
	}
	if got := spoken(); !strings.HasPrefix(got, "Auto-scroll on, ") || !strings.Contains(got, " rows shown") {
		t.Errorf("at first %q", got)
	}
	d.Key("k", "")
	if got := spoken(); !strings.HasPrefix(got, "Auto-scroll off, ") {
		t.Errorf("with a row selected %q", got)
	}
	d.Key(" ", "")
	if got := spoken(); !strings.HasPrefix(got, "Frozen, ") {
		t.Errorf("frozen %q", got)
	}
	d, _ = newTest(conversation()[:1]...)
	if got := spoken(); got != "Auto-scroll on, 1 row shown" {
		t.Errorf("with one row %q", got)
	}
}

func TestKeys(t *testing.T) {
	mode := func(d *controller.Controller) string { return d.Snapshot().Status.Mode.String() }
	for _, c := range []struct {
		name, key string
		typing    bool
		used      bool
		look      func(*controller.Controller) string
		want      string
	}{
		{"down selects the last row", "ArrowDown", false, true, func(d *controller.Controller) string { return d.Snapshot().Detail.Title }, "Connection closed"},
		{"home selects the first", "Home", false, true, func(d *controller.Controller) string { return d.Snapshot().Detail.Title }, "Handshake request"},
		{"selecting pauses auto-scroll", "k", false, true, mode, "PAUSED"},
		{"space freezes", " ", false, true, mode, "FROZEN"},
		{"v shows frames", "v", false, true, func(d *controller.Controller) string { return d.Snapshot().Status.View.String() }, "frames"},
		{"letters in the filter box are text", "v", true, false, func(d *controller.Controller) string { return d.Snapshot().Status.View.String() }, "messages"},
		{"2 opens the frame tab", "2", false, true, func(d *controller.Controller) string { return d.Snapshot().Detail.Tab.String() }, "Frame"},
		{"? opens the help", "?", false, true, func(d *controller.Controller) string { return map[bool]string{true: "open"}[d.Snapshot().Help] }, "open"},
		{"other keys are the browser's", "F5", false, false, mode, "FOLLOW"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := newTest(conversation()...)
			if used := d.Key(c.key, map[bool]string{true: "filter"}[c.typing]); used != c.used {
				t.Errorf("used %v, want %v", used, c.used)
			}
			if got := c.look(d); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEscapeGoesBackOneStepAtATime(t *testing.T) {
	d, page := newTest(conversation()...)
	d.Send(model.Select{ID: 2})
	d.Do(controller.ToggleHelp{})
	d.Key("Escape", "")
	if v := d.Snapshot(); v.Help || v.Detail.None {
		t.Fatal("the first Escape closes the help and nothing else")
	}
	d.Key("Escape", "filter")
	if v := d.Snapshot(); v.Detail.None || page.asked[len(page.asked)-1] != "focus grid" {
		t.Fatal("Escape in the filter box only leaves it")
	}
	d.Key("Escape", "")
	if v := d.Snapshot(); !v.Detail.None {
		t.Fatal("the last Escape closes the detail")
	}
	if d.Key("Escape", "") {
		t.Fatal("with nothing to leave, Escape is the browser's")
	}
}

func TestRemovingTheTextFilterEmptiesTheBox(t *testing.T) {
	d, page := newTest(conversation()...)
	d.Filter("nowhere", 7)
	d.Do(controller.RemoveTerm{Index: 0})
	if !slices.Contains(page.asked, "filter text ") || d.Snapshot().Status.Filter.Text != "" {
		t.Errorf("asked %q, filter %q", page.asked, d.Snapshot().Status.Filter.Text)
	}
}

// TestTheHelpNamesEveryKey: a key that the help does not name cannot be found.
func TestTheHelpNamesEveryKey(t *testing.T) {
	named := map[string]bool{}
	for _, s := range shortcuts {
		for _, k := range strings.Fields(s.keys) {
			named[k] = true
		}
	}
	as := map[string]string{"ArrowDown": "↓", "ArrowUp": "↑", "PageDown": "PgDn", "PageUp": "PgUp", "Shift+ArrowDown": "Shift+↓", "Shift+ArrowUp": "Shift+↑", " ": "space"}
	check := func(key string) {
		if name := cmp.Or(as[key], key); !named[name] && (key < "1" || key > "7") {
			t.Errorf("%q is not in the help", name)
		}
	}
	for _, key := range controller.Keys() {
		check(key)
	}
}
