package attach

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tetherscope/tetherscope/internal/cdp"
)

// readyWait is how long targets may take to answer until it is said that they are watched. Those of a tab that was put to sleep, or whose
// script is busy, answer later.
const readyWait = 5 * time.Second

// Limits of what a browser can make us keep.
const (
	maxTargets = 1024
	maxSockets = 4096 // of all targets
	maxURL     = 4 << 10
)

// limits are those of which there can be many. Tests have smaller ones.
type limits struct{ targets, sockets int }

// watcher turns the events of a browser into records. Events come on one goroutine; a timer begins sockets whose handshake is late.
type watcher struct {
	name   string // of the browser
	feed   Feed
	post   func(session, method string, params any, done func(error)) error
	most   limits
	failed chan error // why the browser's targets cannot be attached to

	mu      sync.Mutex
	targets map[string]*target // by session
	byID    map[string]*target
	sockets int
	clock   clock
	pending int         // commands without a reply, until all targets of the beginning are watched
	ready   bool        // they are, or some of them do not answer
	late    *time.Timer // says so
	left    leftOut
	ended   bool
}

// leftOut notes what was said to be left out, so that it is said once.
type leftOut struct{ targets, sockets, messages bool }

// target is a page, a frame of another process, or a worker.
type target struct {
	session, id string
	parent      string // session
	kind, url   string
	sockets     map[string]*socket // by request ID
}

func newWatcher(name string, f Feed, post func(session, method string, params any, done func(error)) error) *watcher {
	return &watcher{name: name, feed: f, post: post, most: limits{maxTargets, maxSockets}, failed: make(chan error, 1), targets: map[string]*target{}, byID: map[string]*target{}}
}

type params map[string]any

// byBrowser are the types of targets that the browser itself attaches us to. Their own targets are attached to by them.
var byBrowser = []params{
	{"type": "browser", "exclude": true},
	{"type": "tab", "exclude": true},
	{"type": "page", "exclude": true},
	{"type": "service_worker", "exclude": true},
	{"type": "shared_worker", "exclude": true},
	{},
}

// begin attaches to all targets, those of the future included.
func (w *watcher) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = time.AfterFunc(readyWait, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sayReady()
	})
	w.command("", "Target.setDiscoverTargets", params{"discover": true}, nil)
	w.command("", "Target.setAutoAttach", params{"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true}, func(err error) {
		if err != nil {
			w.failed <- err
		}
	})
}

// command sends a command. Until every target of the beginning is watched, replies are counted. A write that fails has ended the
// connection.
func (w *watcher) command(session, method string, p any, refused func(error)) {
	if w.ready {
		_ = w.post(session, method, p, nil)
		return
	}
	w.pending++
	_ = w.post(session, method, p, func(err error) {
		if refused != nil {
			refused(err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.pending--; w.pending == 0 && len(w.failed) == 0 {
			w.sayReady()
		}
	})
}

func (w *watcher) sayReady() {
	if w.ready || w.ended {
		return
	}
	w.ready = true
	w.late.Stop()
	w.feed.Report("Attached to %s: its %d pages, frames and workers are watched, and those to come.", w.name, len(w.targets))
}

// event takes one event of the browser.
func (w *watcher) event(session, method string, p json.RawMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch method {
	case "Target.attachedToTarget":
		decode(p, func(e *attached) { w.attached(session, e) })
	case "Target.detachedFromTarget":
		decode(p, func(e *attached) { w.detached(e.Session) })
	case "Target.targetInfoChanged":
		decode(p, func(e *attached) { w.renamed(e.Info) })
	default:
		if t := w.targets[session]; t != nil && strings.HasPrefix(method, "Network.webSocket") {
			w.socketEvent(t, strings.TrimPrefix(method, "Network.webSocket"), p)
		}
	}
}

// attached is what the protocol says of targets.
type attached struct {
	Session string     `json:"sessionId"`
	Info    targetInfo `json:"targetInfo"`
}

type targetInfo struct {
	ID   string `json:"targetId"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

// attached begins to watch a target. It waits until it is let go, whatever we do with it.
func (w *watcher) attached(parent string, e *attached) {
	switch {
	case e.Session == "" || w.targets[e.Session] != nil:
		return
	case w.byID[e.Info.ID] != nil: // by another way: each message would come twice
		w.leave(e.Session)
		return
	case len(w.targets) >= w.most.targets:
		w.leave(e.Session)
		w.say(&w.left.targets, "There are more than %d pages, frames and workers: the WebSockets of others are not shown.", w.most.targets)
		return
	case e.Info.Type != "browser" && w.feed.Own(e.Info.URL):
		w.leave(e.Session)
		return
	}
	t := &target{session: e.Session, id: e.Info.ID, parent: parent, kind: e.Info.Type, url: short(e.Info.URL), sockets: map[string]*socket{}}
	w.targets[t.session], w.byID[t.id] = t, t
	w.command(t.session, "Network.enable", params{"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}, nil)
	w.command(t.session, "Target.setAutoAttach", params{"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": byBrowser}, nil)
	w.command(t.session, "Runtime.runIfWaitingForDebugger", nil, nil)
}

// leave lets a target go on without us.
func (w *watcher) leave(session string) {
	w.command(session, "Runtime.runIfWaitingForDebugger", nil, nil)
	w.command("", "Target.detachFromTarget", params{"sessionId": session}, nil)
}

// detached ends the sockets of a target that is gone, and of its own targets.
func (w *watcher) detached(session string) {
	t := w.targets[session]
	if t == nil {
		return
	}
	delete(w.targets, session)
	delete(w.byID, t.id)
	for id, s := range t.sockets {
		w.end(t, id, s, "its "+t.noun()+" is gone")
	}
	for child, c := range w.targets {
		if c.parent == session {
			w.detached(child)
		}
	}
}

func (w *watcher) renamed(i targetInfo) {
	if t := w.byID[i.ID]; t != nil {
		t.url = short(i.URL)
	}
}

// noun is what people call a target.
func (t *target) noun() string {
	if strings.Contains(t.kind, "work") {
		return "worker"
	}
	return "page"
}

// where says what opened a socket.
func (t *target) where() string {
	if t.noun() == "worker" {
		return "worker " + t.url
	}
	return t.url
}

// say reports something once.
func (w *watcher) say(done *bool, format string, args ...any) {
	if !*done {
		*done = true
		w.feed.Report(format, args...)
	}
}

// gone ends what is open with the browser.
func (w *watcher) gone() {
	w.mu.Lock()
	for _, t := range w.targets {
		for id, s := range t.sockets {
			w.end(t, id, s, ErrGone.Error())
		}
	}
	w.mu.Unlock()
	w.stop()
}

// stop ends all recording.
func (w *watcher) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.late != nil {
		w.late.Stop()
	}
	for _, t := range w.targets {
		for _, s := range t.sockets {
			s.stopWaiting()
		}
	}
}

// short cuts a URL to what is kept of one. Data URLs and blobs can be megabytes.
func short(u string) string {
	if len(u) > maxURL {
		return strings.ToValidUTF8(u[:maxURL], "") + "…"
	}
	return u
}

// isFeed reports whether a WebSocket is the feed of a panel, which carries the records themselves.
func isFeed(u, path string) bool {
	parsed, err := url.Parse(u)
	return err == nil && parsed.Path == path
}

// tooLong reports an event that was passed over.
func (w *watcher) tooLong(e *cdp.TooLongError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.say(&w.left.messages, "An event of %d bytes is longer than %d: it was left out, and so are others of that size.", e.Size, cdp.MaxMessage)
	if t, id := w.ofBegin(e.Begin); t != nil {
		w.missing(t.sockets[id], now, "a message is missing: its event of "+size(e.Size)+" is longer than "+size(cdp.MaxMessage))
	}
}
