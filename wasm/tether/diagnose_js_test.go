package tether

import (
	"syscall/js"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// TestDiagnosisNeedsNoBrowser proves that an examination, and listening to the page, end well where globals of browsers
// are missing.
func TestDiagnosisNeedsNoBrowser(t *testing.T) {
	object := js.Global().Get("Object")
	for _, name := range []string{"navigator", "fetch", "AbortSignal", "document", "addEventListener"} {
		old := object.Call("getOwnPropertyDescriptor", js.Global(), name)
		if !old.IsUndefined() && !old.Get("configurable").Bool() {
			continue
		}
		object.Call("defineProperty", js.Global(), name, map[string]any{"value": js.Undefined(), "configurable": true})
		found := make(chan *Diagnosis, 1)
		stop := platformExaminer{}.examine("ws://127.0.0.1:1/", CloseInfo{}, func(d *Diagnosis) { found <- d })
		stopListening := browserPlatform{}.listen(func(engine.Hint) {})
		if d := await.Receive(t, found); d.Verdict != VerdictUnreachable && d.Verdict != VerdictOffline && (d.Verdict != VerdictUnknown || name != "fetch") {
			t.Errorf("without %s: %v", name, d)
		}
		stop()
		stopListening()
		if old.IsUndefined() {
			object.Call("defineProperty", js.Global(), name, map[string]any{"value": js.Undefined(), "configurable": true, "writable": true})
			continue
		}
		object.Call("defineProperty", js.Global(), name, old)
	}
}
