package server

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Event is what a page hears in development.
type Event string

// The events of /dev/events, beside "hello", whose data names the run of the server: a page that hears another run than
// before reloads.
const (
	Reload     Event = "reload"      // the assets have changed
	BuildError Event = "build-error" // they have not, because they do not compile; the data is what the compiler said
	BuildOK    Event = "build-ok"    // they compile again, and have not changed
)

// events are the pages that listen, and what a page that comes later must hear.
type events struct {
	mu     sync.Mutex
	pages  map[chan string]struct{}
	broken string // the last build error, until a build succeeds
	closed bool
}

// run names this run of the program.
var run = rand.Text()

// Notify tells the open pages of an event. It never waits for one: a page that does not keep up is cut off, and comes
// back by itself.
func (s *Server) Notify(e Event, text string) {
	v := &s.events
	v.mu.Lock()
	defer v.mu.Unlock()
	v.broken = ""
	if e == BuildError {
		v.broken = text
	}
	for page := range v.pages {
		select {
		case page <- message(e, text):
		default:
			delete(v.pages, page)
			close(page)
		}
	}
}

// message is the wire form of an event (WHATWG HTML §9.2).
func message(e Event, text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	return fmt.Sprintf("event: %s\ndata: %s\n\n", e, strings.Join(lines, "\ndata: "))
}

// join adds a page; nil when the server is closing.
func (v *events) join() chan string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	if v.pages == nil {
		v.pages = map[chan string]struct{}{}
	}
	page := make(chan string, 16)
	page <- "retry: 300\n" + message("hello", run)
	if v.broken != "" {
		page <- message(BuildError, v.broken)
	}
	v.pages[page] = struct{}{}
	return page
}

func (v *events) leave(page chan string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.pages[page]; ok {
		delete(v.pages, page)
		close(page)
	}
}

// close ends every stream.
func (v *events) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	for page := range v.pages {
		delete(v.pages, page)
		close(page)
	}
}

// serveEvents answers /dev/events. Outside development there is nothing to tell, and 204 keeps an EventSource from asking
// again.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	page := chan string(nil)
	if s.cfg.Dev {
		page = s.events.join()
	}
	if page == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	defer s.events.leave(page)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	for {
		select {
		case text, ok := <-page:
			if !ok || send(w, rc, text) != nil {
				return
			}
		case <-time.After(15 * time.Second): // finds out about pages that are gone
			if send(w, rc, ":\n\n") != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func send(w http.ResponseWriter, rc *http.ResponseController, text string) error {
	if err := rc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return rc.Flush()
}
