package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server"
	"github.com/tetherscope/tetherscope/internal/test/chrome"
	"github.com/tetherscope/tetherscope/static"
)

// chatPages are the two programs behind the one page: every test of the chat holds for both.
var chatPages = map[string]string{"js": "/chat.html", "go": "/chat-go.html"}

// eachChat runs a test with the page in JavaScript and with the page in Go.
func eachChat(t *testing.T, test func(t *testing.T, path string)) {
	built(t, "dist/tether.wasm", "dist/chat.wasm")
	for name, path := range chatPages {
		t.Run(name, func(t *testing.T) { test(t, path) })
	}
}

// enter opens the chat in a tab and logs in, as a hand would.
func enter(t *testing.T, b *chrome.Browser, url, name string) *chrome.Page {
	t.Helper()
	p := chrome.Open(t, b, url)
	chrome.Wait(t, p, `!document.querySelector('#login').hidden && !document.querySelector('#join').disabled && document.activeElement.id === 'name'`)
	fill(t, p, "name", name, "join")
	chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open' && document.querySelectorAll('#people button[disabled]').length === 1`)
	return p
}

// fill writes into a field and clicks on a button.
func fill(t *testing.T, p *chrome.Page, field, text, button string) {
	t.Helper()
	chrome.Get[bool](t, p, fmt.Sprintf(`(document.querySelector('#%s').value = %s, document.querySelector('#%s').click(), true)`, field, strconv.Quote(text), button))
}

// to chooses who gets the next message: "chat", "broadcast", or a person by name.
func to(t *testing.T, p *chrome.Page, whom string) {
	t.Helper()
	chrome.Wait(t, p, `[...document.querySelectorAll('#to option')].some(o => o.value === `+strconv.Quote(whom)+` || o.textContent.startsWith(`+strconv.Quote(whom+" (")+`))`)
	chrome.Get[bool](t, p, `(() => {
	  const to = document.querySelector('#to');
	  to.value = [...to.options].find(o => o.value === `+strconv.Quote(whom)+` || o.textContent.startsWith(`+strconv.Quote(whom+" (")+`)).value;
	  to.dispatchEvent(new Event('change', { bubbles: true }));
	  return true;
	})()`)
}

// says waits until a line of a kind, with a sender and a text, is in the conversation.
func says(t *testing.T, p *chrome.Page, kind, name, text string) {
	t.Helper()
	chrome.Wait(t, p, fmt.Sprintf(`[...document.querySelectorAll('.line[data-kind="%s"]')].some(l =>
	  l.querySelector('.name').textContent === %s && l.querySelector('p').textContent === %s)`, kind, strconv.Quote(name), strconv.Quote(text)))
}

func conversation(t *testing.T, p *chrome.Page) string {
	t.Helper()
	return chrome.Get[string](t, p, `document.querySelector('#log').textContent`)
}

// TestThePagesAreOnePage: the two chats differ in their program only, so that they can be compared.
func TestThePagesAreOnePage(t *testing.T) {
	body := func(name string) string {
		b, err := static.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(b), "<body>")
		return after
	}
	if body("chat.html") != body("chat-go.html") {
		t.Error("chat.html and chat-go.html have different bodies")
	}
}

// TestPeopleTalk: three people see each other, and what one says to all; an announcement; a private message reaches one and
// no other; who leaves is not there any more.
func TestPeopleTalk(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		b := chrome.New(t)
		ada, grace, eve := enter(t, b, s.url+path, "Ada"), enter(t, b, s.url+path, "Grace"), enter(t, b, s.url+path, "Eve")
		fill(t, ada, "message", "Good morning!\nTwo lines.", "send")
		for _, p := range []*chrome.Page{ada, grace, eve} {
			says(t, p, "chat", "Ada", "Good morning!\nTwo lines.")
			chrome.Wait(t, p, `document.querySelectorAll('#people button').length === 3 && document.querySelector('#people-count').textContent === '3'`)
		}
		to(t, grace, "Ada")
		fill(t, grace, "message", "only for you", "send")
		says(t, grace, "private", "Grace", "only for you")
		says(t, ada, "private", "Grace", "only for you")
		to(t, grace, "broadcast")
		fill(t, grace, "message", "lunch is ready", "send")
		for _, p := range []*chrome.Page{ada, grace, eve} {
			says(t, p, "broadcast", "Grace", "lunch is ready")
		}
		if strings.Contains(conversation(t, eve), "only for you") {
			t.Error("Eve got what was private")
		}
		chrome.ClickOn(t, grace, `#leave`)
		chrome.Wait(t, grace, `!document.querySelector('#login').hidden`)
		chrome.Wait(t, ada, `document.querySelectorAll('#people button').length === 2`)
		for _, p := range []*chrome.Page{ada, grace, eve} {
			if bad := p.Exceptions(); len(bad) > 0 {
				t.Errorf("the page threw: %v", bad)
			}
		}
	})
}

// TestTheRateLimitIsShown: who writes too fast sees so, is not connected again without a click, and can join again.
func TestTheRateLimitIsShown(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0", func(c *server.Config) { c.App.Limits.Period = time.Minute }) // too fast on a slow machine as well
		p := enter(t, chrome.New(t), s.url+path, "Ada")
		for i := range 12 {
			fill(t, p, "message", "fast "+strconv.Itoa(i), "send")
		}
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'closed' && document.querySelector('#story').textContent.startsWith('Rate limit exceeded')`)
		says(t, p, "chat", "Ada", "fast 5") // what came before the limit
		fill(t, p, "message", "too late", "send")
		chrome.Wait(t, p, `!document.querySelector('#again').hidden && document.querySelector('#message-error').textContent.includes('not connected') && document.querySelector('#message').value === 'too late'`)
		chrome.ClickOn(t, p, `#again`)
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
		fill(t, p, "message", "slowly now", "send")
		says(t, p, "chat", "Ada", "slowly now")
	})
}

// TestTheChatSurvivesARestart: the server stops and starts again, with other keys. The page shows that it waits, comes back
// by itself as the same person, and what was written meanwhile is said.
func TestTheChatSurvivesARestart(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		p := enter(t, chrome.New(t), s.url+path, "Ada")
		s.stop()
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'waiting' && document.querySelector('#log').textContent.includes('server restart')`)
		fill(t, p, "message", "while away", "send")
		chrome.Wait(t, p, `document.querySelector('#story').textContent.endsWith('1 message queued')`)
		serve(t, s.addr)
		chrome.Wait(t, p, `document.querySelector('#state').dataset.state === 'open'`)
		says(t, p, "chat", "Ada", "while away")
	})
}

// TestInspectOpensThePanelOnTheOwnConnection: with three people connected, the link opens a panel that shows the connection of
// the page that has it, and no other.
func TestInspectOpensThePanelOnTheOwnConnection(t *testing.T) {
	built(t, "dist/panel.wasm")
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		b := chrome.New(t)
		s.logIn(t, b)
		ada, grace, _ := enter(t, b, s.url+path, "Ada"), enter(t, b, s.url+path, "Grace"), enter(t, b, s.url+path, "Eve")
		fill(t, grace, "message", "hello", "send")
		says(t, ada, "chat", "Grace", "hello")
		link := chrome.Get[string](t, grace, `document.querySelector('#inspect').href`)
		panel := chrome.Open(t, b, link)
		chrome.Wait(t, panel, `/^conn:\d+$/.test(document.querySelector('#filter')?.value ?? '')`)
		number := chrome.Get[string](t, panel, `document.querySelector('#filter').value`)
		for n, c := range s.byNumber() {
			for _, r := range c.frames(record.Out) {
				if strings.Contains(string(r.Bytes()), "hello") && number != fmt.Sprintf("conn:%d", n) {
					t.Errorf("the panel shows %s; the message went over connection %d", number, n)
				}
			}
		}
		chrome.Wait(t, panel, `document.querySelector('#grid').textContent.includes('hello') && !document.querySelector('#grid').textContent.includes('"Ada","server"')`)
	})
}

// TestLogOutEndsEveryTab: who logs out in one tab is logged out in the other, sees so, and stays out after a reload; no other user
// is.
func TestLogOutEndsEveryTab(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		b := chrome.New(t)
		one, two, grace := enter(t, b, s.url+path, "Ada"), enter(t, b, s.url+path, "Ada"), enter(t, b, s.url+path, "Grace")
		chrome.ClickOn(t, one, `#logout`)
		for _, p := range []*chrome.Page{one, two} {
			chrome.Wait(t, p, `!document.querySelector('#login').hidden && document.querySelector('#login-error').textContent.startsWith('Logged out in every tab')`)
			if name := chrome.Get[string](t, p, `JSON.stringify({ ...sessionStorage })`); name != "{}" {
				t.Errorf("the page remembers %s", name)
			}
		}
		chrome.Wait(t, grace, `document.querySelectorAll('#people button').length === 1`)
		fill(t, grace, "message", "still here", "send")
		says(t, grace, "chat", "Grace", "still here")
	})
}

// TestLoginsThatFail: a server that gives no tokens away says so, and a token that is not valid does not get in; the page
// asks again and connects to nothing.
func TestLoginsThatFail(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0", func(c *server.Config) { c.App.DevTokens = false })
		p := chrome.Open(t, chrome.New(t), s.url+path)
		chrome.Wait(t, p, `document.activeElement.id === 'name' && !document.querySelector('#join').disabled`)
		fill(t, p, "name", "Ada", "join")
		chrome.Wait(t, p, `document.querySelector('#login-error').textContent.includes('issues tokens on its own machine only') && document.querySelector('#token-box').open`)
		fill(t, p, "token", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "join")
		chrome.Wait(t, p, `document.querySelector('#login-error').textContent.startsWith('The token is invalid') && !document.querySelector('#login').hidden`)
		if token := chrome.Get[string](t, p, `document.querySelector('#token').value`); token != "" {
			t.Error("the page keeps the token in its field")
		}
		if c := s.all(); len(c) != 0 {
			t.Errorf("%d connections were made without a ticket", len(c))
		}
	})
}

// TestTheTokenLeavesNoTrace: after a login the token stands in no URL, no storage, no cookie and no list of what was loaded,
// and the capture shows that there was a ticket, and not which.
func TestTheTokenLeavesNoTrace(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0")
		p := enter(t, chrome.New(t), s.url+path, "Ada")
		traces := chrome.Get[string](t, p, `JSON.stringify([location.href, document.referrer, { ...sessionStorage }, { ...localStorage },
		  document.cookie, performance.getEntries().map(e => e.name), document.documentElement.outerHTML])`)
		if !strings.Contains(traces, "Ada") || !strings.Contains(traces, "/app/ticket") {
			t.Fatalf("this looks in the wrong places: %.300s", traces)
		}
		for _, secret := range []string{"eyJ", "ticket="} { // how every JSON Web Token begins
			if strings.Contains(traces, secret) {
				t.Errorf("%q is somewhere in %s", secret, traces)
			}
		}
		chrome.ClickOn(t, p, `#leave`)
		request := string(s.ended(t, "/ws/chat").of(t, record.KindRequest).Head)
		if !strings.Contains(request, "/ws/chat?ticket=[hidden] HTTP/1.1") || strings.Contains(request, "Referer") {
			t.Errorf("the capture says %q", request)
		}
	})
}

// TestMarkupStaysTextInTheChat: 60 payloads, from a person whose name is one, appear as text in the conversation, in the list
// of people and in the choice; nothing runs, no element appears, no policy is broken.
func TestMarkupStaysTextInTheChat(t *testing.T) {
	eachChat(t, func(t *testing.T, path string) {
		s := serve(t, "127.0.0.1:0", func(c *server.Config) { c.App.Limits.Messages = 1000 })
		b := chrome.New(t)
		p := enter(t, b, s.url+path, "Ada")
		chrome.Get[bool](t, p, watchForHarm)
		before := chrome.Get[int](t, p, foreign)
		evil := enter(t, b, s.url+path, `<img src=x onerror=hacked()>`)
		all := markup()
		for _, payload := range all {
			fill(t, evil, "message", payload, "send")
		}
		to(t, evil, "Ada")
		fill(t, evil, "message", all[1], "send")
		says(t, p, "chat", `<img src=x onerror=hacked()>`, all[len(all)-1])
		says(t, p, "private", `<img src=x onerror=hacked()>`, all[1])
		chrome.Wait(t, p, `document.querySelector('#people').textContent.includes('<img src=x') && document.querySelector('#to').textContent.includes('<img src=x')`)
		if n := chrome.Get[int](t, p, `document.querySelectorAll('.line[data-kind="chat"]').length`); n != len(all) {
			t.Errorf("%d of %d messages are shown", n, len(all))
		}
		harmless(t, p, before)
	})
}
