package controller

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what the browser keeps, and the name that it has there.
const (
	maxKeptRequests = 40
	maxKeptName     = 60      // bytes
	maxKeptAll      = 1 << 20 // bytes of all, as they are written
	requestsKey     = "requests"
)

// notStored is said when the browser stores nothing.
const notStored = "this browser did not store it: its storage for this page is full or not allowed. Save it to a file"

// KeptRequests are requests that the browser keeps under a name.
type KeptRequests struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// restore reads what is kept. The caller holds the lock.
func (r *requests) restore() {
	var list []KeptRequests
	if json.Unmarshal([]byte(r.page.Recall(requestsKey)), &list) == nil {
		r.kept = list[:min(len(list), maxKeptRequests)]
	}
}

// keep keeps the text under its name, in place of another of that name.
func (r *requests) keep() {
	r.mu.Lock()
	one := KeptRequests{strings.TrimSpace(r.name), r.text}
	list := slices.Clone(r.kept)
	r.mu.Unlock()
	at := slices.IndexFunc(list, func(k KeptRequests) bool { return k.Name == one.Name })
	switch {
	case one.Name == "" || len(one.Name) > maxKeptName || !utf8.ValidString(one.Name):
		r.fail("Not kept: give it a name of at most 60 bytes")
		return
	case strings.TrimSpace(one.Text) == "":
		r.fail("Not kept: there is no text")
		return
	case at >= 0:
		list[at] = one
	case len(list) >= maxKeptRequests:
		r.fail("Not kept: this browser keeps 40 of them; delete one first")
		return
	default:
		list = append(list, one)
	}
	if r.store(list, "Not kept: ") {
		r.Note("Kept the requests as " + one.Name + ", in this browser")
	}
}

// drop forgets what is kept in a place of the list.
func (r *requests) drop(i int) {
	r.mu.Lock()
	list := slices.Clone(r.kept)
	r.mu.Unlock()
	if i >= 0 && i < len(list) {
		r.store(slices.Delete(list, i, i+1), "Not deleted: ")
	}
}

// store has the browser store a list, which is the one that is shown then. Otherwise it says why not.
func (r *requests) store(list []KeptRequests, not string) bool {
	text, _ := json.Marshal(list) // strings always can be written
	switch {
	case len(text) > maxKeptAll:
		r.fail(not + "this browser keeps 1 MiB of them in all; delete one first, or save it to a file")
		return false
	case !r.page.Remember(requestsKey, string(text)):
		r.fail(not + notStored)
		return false
	}
	r.mu.Lock()
	r.kept, r.problem = list, ""
	r.mu.Unlock()
	r.wake()
	return true
}

// fail shows what went wrong.
func (r *requests) fail(problem string) {
	r.mu.Lock()
	r.problem = problem
	r.mu.Unlock()
	r.wake()
}

// useKept puts what is kept in a place of the list into the boxes.
func (r *requests) useKept(i int) {
	r.mu.Lock()
	if i < 0 || i >= len(r.kept) {
		r.mu.Unlock()
		return
	}
	one := r.kept[i]
	r.mu.Unlock()
	r.replace(one.Name, one.Text)
}

// replace puts other requests into the boxes. The results of a run that goes on stay.
func (r *requests) replace(name, text string) {
	r.mu.Lock()
	r.asks++
	r.name, r.text, r.asked, r.checked, r.problem = name, text, nil, nil, ""
	if !r.play.running {
		r.play = play{number: r.play.number}
	}
	r.mu.Unlock()
	r.fill()
	r.wake()
}

// takeFile takes a file that a person chose.
func (r *requests) takeFile(name string, data []byte, problem string) {
	switch {
	case problem != "":
		r.fail(problem)
	case !utf8.Valid(data):
		r.fail(name + " is no text in UTF-8")
	default:
		r.replace(strings.TrimSuffix(name, path.Ext(name)), string(data))
	}
}

// download saves the text to a file that is called as the requests are.
func (r *requests) download() {
	r.mu.Lock()
	name, text := strings.TrimSpace(r.name), r.text
	r.mu.Unlock()
	if name == "" {
		name = "requests"
	}
	name = strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '-'
		}
		return c
	}, strings.ToValidUTF8(name, "-")) + ".toml"
	r.page.Download(name, "application/toml", []byte(text))
	r.Note("Saved " + name)
}
