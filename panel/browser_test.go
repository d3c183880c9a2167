//go:build !js

// These tests prove in a real Chromium, over a scripted feed, that what is painted is what the records say, that a held
// view stays where it is, that hostile payloads stay text under the strict policy, and that a flood does not freeze the
// panel. The real server is joined in internal/test/e2e.
package panel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// stub serves the panel's page and a feed into which the test puts batches.
type stub struct {
	*httptest.Server
	batches chan []byte
	drop    chan bool // closes the feed's connection
	token   atomic.Value
	seq     uint64
	extra   *http.ServeMux // answers before everything else
}

func newStub(t testing.TB) *stub {
	t.Helper()
	if _, err := os.Stat("../static/dist/panel.wasm"); err != nil {
		if os.Getenv(chrome.RequireTools) != "" {
			t.Fatal("static/dist/panel.wasm is missing: run make wasm")
		}
		t.Skip("static/dist/panel.wasm is missing: run make wasm")
	}
	s := &stub{batches: make(chan []byte, 64), drop: make(chan bool), seq: 1, extra: http.NewServeMux()}
	s.token.Store("secret")
	mux := http.NewServeMux()
	mux.HandleFunc(feed.Path, s.feed)
	mux.Handle("/", http.FileServer(http.Dir("../static")))
	mux.HandleFunc("/panel/{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../static/panel.html") })
	mux.HandleFunc("GET "+feed.SessionPath, func(w http.ResponseWriter, _ *http.Request) {
		token := s.token.Load().(string)
		if token == "" {
			http.Error(w, "no key", http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(feed.Session{Token: token})
	})
	mux.Handle("/panel.wasm", http.FileServer(http.Dir("../static/dist")))
	mux.Handle("/wasm_exec.js", http.FileServer(http.Dir("../static/dist")))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
			"img-src 'self' data: blob:; connect-src 'self' ws://"+r.Host+"; object-src 'none'; base-uri 'none'")
		if h, pattern := s.extra.Handler(r); pattern != "" {
			h.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stub) feed(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Sec-WebSocket-Protocol"), feed.TokenPrefix+s.token.Load().(string)) {
		http.Error(w, "wrong token", http.StatusForbidden)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{feed.Protocol}})
	if err != nil {
		return
	}
	ctx := c.CloseRead(r.Context())
	for {
		select {
		case b := <-s.batches:
			if c.Write(ctx, websocket.MessageBinary, b) != nil {
				return
			}
		case <-s.drop:
			c.CloseNow()
			return
		case <-ctx.Done():
			return
		}
	}
}

// send puts records into the feed as one batch.
func (s *stub) send(records ...record.Record) {
	b := record.AppendBatch(nil, record.Batch{First: s.seq, Count: uint64(len(records))})
	for i := range records {
		b = record.AppendRecord(b, &records[i])
	}
	s.seq += uint64(len(records))
	s.batches <- b
}

// watch opens the panel and notes every report of a broken policy from the beginning.
func (s *stub) watch(t testing.TB) *chrome.Page {
	t.Helper()
	p := chrome.Open(t, chrome.New(t), s.URL+"/panel/")
	if err := p.SetViewport(t.Context(), 1440, 900); err != nil { // wide enough for every column that tests read
		t.Fatal(err)
	}
	chrome.Get[any](t, p, `void (window.broken = [], addEventListener("securitypolicyviolation", e => broken.push(e.violatedDirective + " " + e.blockedURI)))`)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
	return p
}

func message(dir record.Dir, text string) record.Record {
	n := uint64(len(text))
	return record.Record{
		Time: 1_767_323_045_000_000_000, Conn: 1, Kind: record.KindFrame, Dir: dir,
		Header:  frame.Header{Fin: true, Opcode: frame.Text, Length: n, Size: 2},
		Payload: []byte(text), Message: 1, Final: true, Frames: 1, Wire: n, Inflated: n,
	}
}

// rows is a JavaScript expression: the visible rows' cells in a column, from the top of the window down.
func rows(column string) string {
	return `(() => {
		const box = document.querySelector(".layer").getBoundingClientRect();
		return [...document.querySelectorAll(".grid .row:not([hidden])")]
			.map(r => ({ y: r.getBoundingClientRect().top, text: r.querySelector(".c-` + column + `").textContent }))
			.filter(r => r.y > box.top - 1 && r.y < box.bottom - 1).sort((a, b) => a.y - b.y).map(r => r.text);
	})()`
}

func TestRowsInTheBrowserAreTheRecords(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	hostile := []string{
		`<img src=x onerror="window.hacked=1">`, `<script>window.hacked=1</script>`, `"><svg onload=window.hacked=1>`,
		`javascript:window.hacked=1`, "\x1f\x1e\x00", "\u202Egnp.exe", `{"<b>":"</script><script>window.hacked=1</script>"}`,
	}
	for _, h := range hostile {
		s.send(message(record.In, h))
	}
	chrome.Wait(t, p, rows("preview")+`.length === `+strconv.Itoa(len(hostile)))
	got := chrome.Get[[]string](t, p, rows("preview"))
	want := append([]string{}, hostile...)
	want[4], want[5] = "␟␞␀", `\u202egnp.exe`
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%q\nwant\n%q", got, want)
	}
	for i := range hostile {
		chrome.Get[any](t, p, fmt.Sprintf(`document.querySelector('.grid [data-id="%d"]').click()`, i))
		for tab := range 7 {
			chrome.Get[any](t, p, fmt.Sprintf(`document.querySelector('[data-do=tab][data-arg="%d"]').click()`, tab))
			chrome.Wait(t, p, fmt.Sprintf(`document.querySelector('[data-do=tab][data-arg="%d"]').getAttribute("aria-selected") === "true"`, tab))
		}
	}
	// What a person writes is data too: a filter, a note, a saved filter; and so is what statistics count and a diff compares.
	for i, h := range hostile {
		chrome.Get[any](t, p, fmt.Sprintf(`(() => {
			const put = (id, text, kind) => { const b = document.getElementById(id); b.value = text; b.dispatchEvent(new Event(kind, { bubbles: true })); };
			document.querySelector('.grid [data-id="%d"]').click();
			put("note", %q, "change");
			put("filter", %q, "input");
		})()`, i, h, h))
		chrome.Wait(t, p, `document.querySelector(".below:not(.off)") !== null || document.querySelector(".hits").textContent !== "" || document.querySelector("#filter").value.length > 0`)
		for _, do := range []string{"saved", "save-filter", "saved", "stats", "stats", "drop-text"} {
			chrome.Get[any](t, p, `void document.querySelector("[data-do=`+do+`]").click()`)
		}
		chrome.Wait(t, p, shownCount+` === "`+strconv.Itoa(len(hostile))+`"`)
	}
	chrome.ClickOn(t, p, `[data-do=stats]`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=stats]") !== null`)
	if chrome.Get[bool](t, p, `"hacked" in window || document.querySelectorAll(".panel script, .panel svg, .panel b, .panel img:not([src='/icon.svg'])").length > 0`) {
		t.Error("a payload ran or became an element")
	}
	if broken := chrome.Get[[]string](t, p, `broken`); len(broken) > 0 {
		t.Errorf("the content security policy was broken: %q", broken)
	}
	if lines := p.Exceptions(); len(lines) > 0 {
		t.Errorf("exceptions: %q", lines)
	}
}

func TestAHeldViewDoesNotMoveWhileTrafficFlows(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	many := func(from, n int) {
		list := make([]record.Record, n)
		for i := range list {
			list[i] = message(record.Out, "message "+strconv.Itoa(from+i))
		}
		s.send(list...)
	}
	many(0, 500)
	chrome.Wait(t, p, rows("preview")+`.at(-1) === "message 499"`)
	chrome.Get[any](t, p, `void (document.querySelector(".grid").scrollTop = 2000)`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=mode]").textContent === "Auto-scroll off"`)
	chrome.Wait(t, p, rows("preview")+`[0] === "message 100"`)
	many(500, 300)
	chrome.Wait(t, p, `document.querySelector("[data-testid=pill]").textContent === "▼ 300 new"`)
	if got := chrome.Get[[]string](t, p, rows("preview"))[0]; got != "message 100" {
		t.Errorf("the top row became %q", got)
	}
	if err := p.Press(t.Context(), "G"); err != nil {
		t.Fatal(err)
	}
	chrome.Wait(t, p, rows("preview")+`.at(-1) === "message 799"`)
	chrome.Wait(t, p, `document.querySelector("[data-testid=mode]").textContent === "Auto-scroll on"`)
}

func TestTheFeedComesBackWithoutDoubles(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.send(message(record.In, "one"), message(record.In, "two"))
	chrome.Wait(t, p, rows("preview")+`.length === 2`)
	await.Send(t, s.drop, true)
	s.seq = 1 // the server sends its ring again
	s.send(message(record.In, "one"), message(record.In, "two"), message(record.In, "three"))
	chrome.Wait(t, p, rows("preview")+`.join() === "one,two,three"`)
}

func TestARestartedServerAsksForAReload(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	s.token.Store("another")
	await.Send(t, s.drop, true)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]').dataset.state === "stopped"`)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]').textContent.includes("restarted")`)
	chrome.ClickOn(t, p, `[data-do=reload]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
}

func TestACrashIsSaidWithItsReason(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	chrome.Get[any](t, p, `void (document.createTextNode = () => { throw new Error("broken on purpose") })`)
	s.send(message(record.In, "one"))
	chrome.Wait(t, p, `document.querySelector(".crash")?.textContent.includes("broken on purpose")`)
}

// TestTheReasonOfACrashStaysAboveALongTrace: a panic deep in the page's tree prints more lines than are kept.
func TestTheReasonOfACrashStaysAboveALongTrace(t *testing.T) {
	_, p := watchSample(t)
	chrome.Get[any](t, p, `void (document.createTextNode = () => { throw new Error("broken on purpose") })`)
	keys(t, p, "s") // the statistics are drawn, and no row of the grid
	chrome.Wait(t, p, `document.querySelector(".crash")?.textContent.includes("broken on purpose")`)
}

// 100,000 records a second for three seconds: all arrive, and the page goes on painting. The bound is loose, since test
// machines are busy; a panel that worked per record or redrew per batch would miss it by far.
func TestAFloodDoesNotFreezeThePanel(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := newStub(t)
	p := s.watch(t)
	chrome.Get[any](t, p, `void (window.gaps = [], (function tick(last) { requestAnimationFrame(now => { gaps.push(now - last); tick(now) }) })(performance.now()))`)
	const perBatch, batches = 2000, 150
	list := make([]record.Record, perBatch)
	for i := range list {
		list[i] = message(record.Dir(i&1), strings.Repeat("x", 100)+strconv.Itoa(i))
	}
	for range time.Tick(20 * time.Millisecond) {
		s.send(list...)
		if s.seq > perBatch*batches {
			break
		}
	}
	chrome.Wait(t, p, `document.querySelector("[data-counter=frames] .value").textContent === "300,000"`)
	longest := chrome.Get[float64](t, p, `Math.max(...gaps)`)
	fps := chrome.Get[float64](t, p, `gaps.length / (gaps.reduce((a, b) => a + b) / 1000)`)
	t.Logf("%.0f frames/s, longest gap %.0f ms", fps, longest)
	// A page that took the flood in one go would have painted once or twice. How long a frame takes is the machine's affair.
	if frames := chrome.Get[int](t, p, `gaps.length`); frames < 20 {
		t.Errorf("%d frames were painted while 150 batches came: the page did not respond", frames)
	}
}

// TestABrowserWithoutAKeySaysSo: a server that does not give the browser its token leaves the panel without a feed, with the
// reason; after a reload with the key it is fed.
func TestABrowserWithoutAKeySaysSo(t *testing.T) {
	s := newStub(t)
	s.token.Store("")
	p := chrome.Open(t, chrome.New(t), s.URL+"/panel/")
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.textContent.includes("no key of the server; open the panel by the address that the server prints")`)
	s.token.Store("secret")
	chrome.ClickOn(t, p, `[data-do=reload]`)
	chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
}

// TestALinkSelectsItsRow: at the first visit and at one with everything in the cache, among thousands of rows.
func TestALinkSelectsItsRow(t *testing.T) {
	s := newStub(t)
	p := s.watch(t)
	for visit := range 2 {
		if err := p.Navigate(t.Context(), s.URL+"/panel/?"+strconv.Itoa(visit)+"#rec="+strconv.Itoa(3000+visit)); err != nil {
			t.Fatal(err)
		}
		chrome.Wait(t, p, `document.querySelector('[data-testid=feed]')?.dataset.state === "live"`)
		list := make([]record.Record, 4000)
		for i := range list {
			list[i] = message(record.In, "message "+strconv.Itoa(i+1))
		}
		for range 50 { // the feed of the page that was left may still swallow a batch
			s.seq = 1
			s.send(list...)
			if chrome.Get[bool](t, p, `new Promise(r => setTimeout(() => r(`+shownCount+` === "4,000"), 500))`) {
				break
			}
		}
		chrome.Wait(t, p, fmt.Sprintf(`document.querySelector(".row.selected:not([hidden]) .c-preview")?.textContent === "message %d"`, 3000+visit))
		chrome.Wait(t, p, fmt.Sprintf(`location.hash === "#rec=%d"`, 3000+visit))
	}
}
