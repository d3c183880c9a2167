package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/broker"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// lines returns the texts of the chat messages that a page shows.
func lines(t *testing.T, p *chrome.Page) []string {
	t.Helper()
	return chrome.Get[[]string](t, p, `[...document.querySelectorAll('.line[data-kind="chat"] p')].map(p => p.textContent)`)
}

// mayBeMissing is what a page says when the history does not tell it everything.
const mayBeMissing = `document.querySelector('#log').textContent.includes('Messages from while you were away may be missing.')`

// TestTheChatShowsWhatWasMissed: what is said while a page has no connection, more than one answer of the history has, is shown when it is
// back: in order, once, and after what it knew; nothing of that is shown again, and nothing is said to be missing.
func TestTheChatShowsWhatWasMissed(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		kept := broker.NewMemory()
		with := func(c *server.Config) { c.App.Broker = kept }
		s := serve(t, "127.0.0.1:0", with)
		p := enter(t, chrome.New(t), s.url+path, "Ada")
		want := []string{"before"}
		fill(t, p, "message", "before", "send")
		says(t, p, "chat", "Ada", "before")
		s.stop()
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'waiting'`)
		for i := range 130 { // others say it, at other nodes
			text := fmt.Sprintf("missed %d", i)
			want = append(want, text)
			kept.PublishKept(fmt.Appendf(nil, `{"type":"chat","message":%q,"id":"i%d","from":"f","user":"Grace","timestamp":%d}`, text, i, time.Now().UnixMilli()))
		}
		serve(t, s.addr, with)
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
		says(t, p, "chat", "Grace", "missed 129")
		fill(t, p, "message", "after", "send")
		says(t, p, "chat", "Ada", "after")
		if got, want := lines(t, p), append(want, "after"); !slices.Equal(got, want) {
			t.Errorf("the page shows %q", got)
		}
		if chrome.Get[bool](t, p, mayBeMissing) {
			t.Error("the page says that messages may be missing")
		}
	})
}

// TestTheChatSaysWhatItCannotKnow: after a server that has lost its history, the page says that messages may be missing, and goes on.
func TestTheChatSaysWhatItCannotKnow(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		p := enter(t, chrome.New(t), s.url+path, "Ada")
		fill(t, p, "message", "before", "send")
		says(t, p, "chat", "Ada", "before")
		s.stop()
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'waiting'`)
		serve(t, s.addr)
		chrome.Wait(t, p, mayBeMissing)
		fill(t, p, "message", "after", "send")
		says(t, p, "chat", "Ada", "after")
		if got := lines(t, p); !slices.Equal(got, []string{"before", "after"}) {
			t.Errorf("the page shows %q", got)
		}
	})
}
