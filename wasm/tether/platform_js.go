package tether

import (
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// browserPlatform listens to the page, or, in a worker, to what there is of it.
type browserPlatform struct{}

func newPlatform() platform { return browserPlatform{} }

// platformEvents are the events of a browser and what they mean. visibilitychange depends on the document's state, and pagehide
// and pageshow count only when the page is kept.
var platformEvents = []struct {
	onDocument bool
	name       string
	means      engine.Hint
}{
	{false, "online", engine.HintOnline},
	{false, "offline", engine.HintOffline},
	{true, "visibilitychange", engine.HintVisible},
	{true, "freeze", engine.HintFreeze},
	{true, "resume", engine.HintThaw},
	{false, "pagehide", engine.HintPageHide},
	{false, "pageshow", engine.HintPageShow},
}

// listen reports hints from within the browser's events. The page's goroutines run before such an event ends, so that a
// connection is closed before a page is put away.
func (browserPlatform) listen(report func(engine.Hint)) (stop func()) {
	window, document := js.Global(), js.Global().Get("document")
	var stops []func()
	for _, e := range platformEvents {
		target := window
		if e.onDocument {
			target = document
		}
		if target.IsUndefined() || target.Get("addEventListener").IsUndefined() {
			continue // a worker has no document, and a program outside of browsers no events
		}
		f := js.FuncOf(func(_ js.Value, args []js.Value) any {
			if h, ok := hintOf(e.means, document, args[0]); ok {
				report(h)
			}
			return nil
		})
		target.Call("addEventListener", e.name, f)
		stops = append(stops, func() {
			target.Call("removeEventListener", e.name, f)
			f.Release()
		})
	}
	if h, _ := hintOf(engine.HintVisible, document, js.Null()); h == engine.HintHidden {
		report(h)
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// hintOf reads what an event means. ok is false if it means nothing to us.
func hintOf(means engine.Hint, document, event js.Value) (h engine.Hint, ok bool) {
	switch means {
	case engine.HintVisible:
		if document.Truthy() && document.Get("visibilityState").String() == "hidden" {
			return engine.HintHidden, true
		}
	case engine.HintPageHide, engine.HintPageShow:
		return means, event.Get("persisted").Truthy()
	case engine.HintOnline, engine.HintOffline, engine.HintHidden, engine.HintFreeze, engine.HintThaw:
	}
	return means, true
}
