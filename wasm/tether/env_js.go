package tether

import "syscall/js"

// browserEnv listens to the page, or, in a worker, to what there is of it.
type browserEnv struct{}

func newEnv() env { return browserEnv{} }

// envEvents is what a browser tells and what it means. visibilitychange depends on the document's state, and pagehide
// and pageshow count only when the page is kept.
var envEvents = []struct {
	onDocument bool
	name       string
	means      hint
}{
	{false, "online", hintOnline},
	{false, "offline", hintOffline},
	{true, "visibilitychange", hintVisible},
	{true, "freeze", hintFreeze},
	{true, "resume", hintThaw},
	{false, "pagehide", hintPageHide},
	{false, "pageshow", hintPageShow},
}

// listen tells hints from within the browser's events. The page's goroutines run before such an event ends, so that a
// connection is closed before a page is put away.
func (browserEnv) listen(tell func(hint)) (stop func()) {
	window, document := js.Global(), js.Global().Get("document")
	var stops []func()
	for _, e := range envEvents {
		target := window
		if e.onDocument {
			target = document
		}
		if target.IsUndefined() {
			continue // a worker has no document
		}
		f := js.FuncOf(func(_ js.Value, args []js.Value) any {
			if h, ok := hintOf(e.means, document, args[0]); ok {
				tell(h)
			}
			return nil
		})
		target.Call("addEventListener", e.name, f)
		stops = append(stops, func() {
			target.Call("removeEventListener", e.name, f)
			f.Release()
		})
	}
	if h, _ := hintOf(hintVisible, document, js.Null()); h == hintHidden {
		tell(h)
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// hintOf reads what an event means. ok is false if it means nothing to us.
func hintOf(means hint, document, event js.Value) (h hint, ok bool) {
	switch means {
	case hintVisible:
		if document.Truthy() && document.Get("visibilityState").String() == "hidden" {
			return hintHidden, true
		}
	case hintPageHide, hintPageShow:
		return means, event.Get("persisted").Truthy()
	case hintOnline, hintOffline, hintHidden, hintFreeze, hintThaw, hints:
	}
	return means, true
}
