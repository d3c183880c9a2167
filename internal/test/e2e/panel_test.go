package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// shownRow is one line of the panel's export: what it shows, whole.
type shownRow struct {
	Conn               uint32
	Kind, Dir, Type    string
	Fin                *bool
	Rsv                uint8
	Masked, Compressed bool
	Length, Wire       uint64
	Frames             uint32
	Code               uint16
	Text               *string
	Base64             string
	Violations         []string
	Seq                uint64
}

func (r shownRow) payload(t *testing.T) []byte {
	t.Helper()
	if r.Text != nil {
		return []byte(*r.Text)
	}
	b, err := base64.StdEncoding.DecodeString(r.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keepExport makes the page keep what Export would save, instead of saving it.
const keepExport = `(() => {
  URL.createObjectURL = (blob) => { globalThis.exported = blob.text(); return 'about:blank#kept'; };
  HTMLAnchorElement.prototype.click = function () {};
  return true;
})()`

// exportRows returns the rows that the panel shows now.
func exportRows(t *testing.T, p *chrome.Page) (rows []shownRow) {
	t.Helper()
	chrome.Get[bool](t, p, `(globalThis.exported = undefined, document.querySelector('[data-do="export"]').click(), true)`)
	chrome.Wait(t, p, `globalThis.exported !== undefined`)
	for line := range strings.Lines(chrome.Get[string](t, p, `globalThis.exported`)) {
		var r shownRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
		rows = append(rows, r)
	}
	return rows
}

// openPanel opens the panel and waits until it is fed.
func openPanel(t *testing.T, s *running) *chrome.Page {
	t.Helper()
	built(t, "dist/panel.wasm")
	p := chrome.Open(t, chrome.New(t), s.url+s.LoginPath("/panel/"))
	chrome.Wait(t, p, `document.querySelector('[data-testid="feed"]')?.dataset.state === 'live'`)
	if err := p.SetViewport(t.Context(), 1600, 2400); err != nil { // every row of the conversation on screen
		t.Fatal(err)
	}
	chrome.Get[bool](t, p, keepExport)
	return p
}

// shows waits until the panel has counted n frames.
func shows(t *testing.T, p *chrome.Page, n int) {
	t.Helper()
	chrome.Wait(t, p, `document.querySelector('[data-counter="frames"] .value').textContent.replaceAll(',', '') === '`+strconv.Itoa(n)+`'`)
}

// TestThePanelShowsWhatWasSent: for the scripted conversation, in each mode of compression, and for an abrupt end, the
// panel's Frames view equals what the peer sent and received, frame for frame, and its Messages view the messages.
func TestThePanelShowsWhatWasSent(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	p := openPanel(t, s)
	peers := []*peer{script(t, s.addr, ""), script(t, s.addr, deflateOffer), script(t, s.addr, noTakeover), abrupt(t, s.addr)}
	total := 0
	conns := map[uint32]*peer{}
	for _, peer := range peers {
		s.connectionOf(t, peer.conn.LocalAddr().String())
		total += len(peer.sent) + len(peer.received)
		for id, c := range s.byNumber() {
			if c[0].Remote == peer.conn.LocalAddr().String() {
				conns[id] = peer
			}
		}
	}
	shows(t, p, total)

	chrome.ClickOn(t, p, `[data-testid="view"] button:last-child`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="view"] button:last-child').getAttribute('aria-pressed') === 'true'`)
	rows := exportRows(t, p)
	for id, peer := range conns {
		for dir, seen := range map[string][]wireFrame{"out": peer.sent, "in": peer.received} {
			sameRows(t, fmt.Sprintf("connection %d %s", id, dir), framesOf(rows, id, dir), seen)
		}
		sameEnding(t, rows, id, peer == peers[3])
	}
	onScreen(t, p, rows)

	chrome.ClickOn(t, p, `[data-testid="view"] button:first-child`)
	chrome.Wait(t, p, `document.querySelector('[data-testid="view"] button:first-child').getAttribute('aria-pressed') === 'true'`)
	messages := exportRows(t, p)
	for id := range conns {
		sameMessageRows(t, messages, id, s.byNumber()[id])
	}
	if bad := p.Exceptions(); len(bad) > 0 {
		t.Errorf("the panel threw: %v", bad)
	}
	// All of it came over the bridge: it works under go-app too.
	if !chrome.Get[bool](t, p, `Boolean(Go.prototype.run[Symbol.for('tetherscope.bridge')])`) {
		t.Error("the panel reads its records without the bridge")
	}
}

func framesOf(rows []shownRow, conn uint32, dir string) (found []shownRow) {
	for _, r := range rows {
		if r.Conn == conn && r.Kind == "frame" && r.Dir == dir {
			found = append(found, r)
		}
	}
	return found
}

func sameRows(t *testing.T, what string, rows []shownRow, seen []wireFrame) {
	t.Helper()
	if len(rows) != len(seen) {
		t.Errorf("%s: the panel shows %d frames, the peer saw %d", what, len(rows), len(seen))
	}
	for i := range min(len(rows), len(seen)) {
		r, f := rows[i], seen[i]
		kept := string(f.Payload[:min(len(f.Payload), tap.DefaultSnap)])
		single := f.Fin && f.Opcode != frame.Continuation && f.Rsv == frame.RSV1 // shown inflated
		switch {
		case *r.Fin != f.Fin || r.Rsv != f.Rsv || r.Masked != f.Masked:
			t.Errorf("%s, frame %d: flags differ: %+v", what, i, r)
		case single && (r.Wire != uint64(len(f.Payload)) || !r.Compressed):
			t.Errorf("%s, frame %d: %d bytes on the wire, want %d", what, i, r.Wire, len(f.Payload))
		case !single && (r.Length != uint64(len(f.Payload)) || string(r.payload(t)) != kept):
			t.Errorf("%s, frame %d: %d bytes %.40q, want %d %.40q", what, i, r.Length, r.payload(t), len(f.Payload), f.Payload)
		case len(r.Violations) > 0:
			t.Errorf("%s, frame %d: violations %v", what, i, r.Violations)
		}
	}
}

// sameEnding: the close is shown with its code and reason, or as abnormal.
func sameEnding(t *testing.T, rows []shownRow, conn uint32, abrupt bool) {
	t.Helper()
	want := shownRow{Code: 4001, Text: new(farewell)}
	if abrupt {
		want.Code = frame.CodeAbnormal
	}
	for _, r := range rows {
		if r.Conn != conn || r.Kind != "close" {
			continue
		}
		if r.Code != want.Code || !abrupt && *r.Text != *want.Text {
			t.Errorf("connection %d: closed with %d %q, want %d %q", conn, r.Code, *r.Text, want.Code, *want.Text)
		}
		return
	}
	t.Errorf("connection %d: no close is shown", conn)
}

// sameMessageRows: a row for each message, whole and inflated.
func sameMessageRows(t *testing.T, rows []shownRow, conn uint32, c connection) {
	t.Helper()
	for _, dir := range []record.Dir{record.Out, record.In} {
		var shown []shownRow
		for _, r := range framesOf(rows, conn, dir.String()) {
			if r.Frames > 0 {
				shown = append(shown, r)
			}
		}
		want := finals(c.frames(dir))
		if len(shown) != len(want) {
			t.Fatalf("connection %d %s: %d messages shown, %d recorded", conn, dir, len(shown), len(want))
		}
		for i, r := range shown {
			if r.Length != want[i].Inflated || r.Wire != want[i].Wire || r.Frames != want[i].Frames || string(r.payload(t)) != string(want[i].Bytes()) {
				t.Errorf("connection %d %s, message %d: %+v, want %d bytes, %d on the wire, %d frames", conn, dir, i, r, want[i].Inflated, want[i].Wire, want[i].Frames)
			}
		}
	}
}

// onScreen: the rows in the document are the last of those exported, with their type, direction and size.
func onScreen(t *testing.T, p *chrome.Page, rows []shownRow) {
	t.Helper()
	type cells struct{ Seq, Dir, Type, Flags, Length string }
	const read = `(() => {
	  const text = (row, name) => row.querySelector('.c-' + name).textContent.trim();
	  const box = document.querySelector('#grid').getBoundingClientRect();
	  return [...document.querySelectorAll('#grid .row')]
	    .filter((row) => { const r = row.getBoundingClientRect(); return row.dataset.id && r.height > 0 && r.top >= box.top && r.bottom <= box.bottom; })
	    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
	    .map((row) => ({ Seq: String(+row.dataset.id + 1), Dir: text(row, 'dir'), Type: text(row, 'type'), Flags: text(row, 'flags'), Length: text(row, 'length') }));
	})()`
	var screen []cells
	row := func(i int) shownRow { return rows[len(rows)-len(screen)+i] }
	await.Until(t, "the last rows of those exported are painted", func() bool {
		screen = chrome.Get[[]cells](t, p, read)
		same := len(screen) >= 50 && len(screen) <= len(rows)
		for i := 0; same && i < len(screen); i++ {
			same = strings.ReplaceAll(screen[i].Seq, ",", "") == strconv.FormatUint(row(i).Seq, 10) && screen[i].Type == row(i).Type
		}
		return same
	})
	for i, c := range screen {
		r := row(i)
		if r.Kind != "frame" {
			continue
		}
		arrow := map[string]string{"out": "↑", "in": "↓"}[r.Dir]
		fin := map[bool]string{true: "■", false: "□"}[*r.Fin]
		if c.Dir != arrow || !strings.HasPrefix(c.Flags, fin) || c.Length == "" {
			t.Errorf("row %d on the screen is %+v, exported %+v", i, c, r)
		}
	}
	t.Logf("%d rows on the screen are those exported", len(screen))
}
