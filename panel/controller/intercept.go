package controller

import (
	"encoding/json"
	"slices"

	"github.com/tetherscope/tetherscope/scope/act"
)

// poll starts or stops polling the list of intercepted frames. The caller holds the lock.
func (f *faults) poll(on bool) {
	switch {
	case on && f.stopPolling == nil:
		f.stopPolling = f.client.Every(pollEvery, f.loadIntercepted)
	case !on && f.stopPolling != nil:
		f.stopPolling()
		f.stopPolling, f.intercepted, f.more = nil, nil, 0
	}
}

func (f *faults) loadIntercepted() {
	f.client.Call("GET", "/api/intercepted", "", func(status int, text string) {
		var list act.Intercepted
		if status != 200 || json.Unmarshal([]byte(text), &list) != nil {
			return // the state of the feed shows that the server is away
		}
		f.mu.Lock()
		if f.stopPolling != nil {
			f.take(list.Frames)
			f.more = list.More
		}
		f.mu.Unlock()
		f.wake()
	})
}

// take takes the server's list, without the frames that were resolved meanwhile.
func (f *faults) take(list []act.InterceptedFrame) {
	still := map[frameKey]bool{}
	f.intercepted = nil
	for _, h := range list {
		if k := keyOf(h); f.resolved[k] {
			still[k] = true
		} else {
			f.intercepted = append(f.intercepted, h)
		}
	}
	f.resolved = still
}

// at returns an intercepted frame by its place in the list.
func (f *faults) at(i int) (act.InterceptedFrame, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i < 0 || i >= len(f.intercepted) {
		return act.InterceptedFrame{}, false
	}
	return f.intercepted[i], true
}

// resolve tells the server what becomes of an intercepted frame.
func (f *faults) resolve(h act.InterceptedFrame, what act.Resolution) {
	what.To, what.ID = h.To, h.ID
	body, err := json.Marshal(what)
	if err != nil {
		f.Note(err.Error())
		return
	}
	f.mu.Lock()
	f.intercepted = slices.DeleteFunc(slices.Clone(f.intercepted), func(o act.InterceptedFrame) bool { return keyOf(o) == keyOf(h) })
	if f.resolved == nil {
		f.resolved = map[frameKey]bool{}
	}
	f.resolved[keyOf(h)] = true
	f.mu.Unlock()
	f.post(h.Conn, "resolve", string(body), func(string) string {
		return map[string]string{act.Forward: "Forwarded unchanged", act.Discard: "Dropped", act.Replace: "Replaced"}[what.Decision]
	})
	f.wake()
}
