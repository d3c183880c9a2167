package tether

import (
	"strconv"
	"strings"
	"syscall/js"
	"time"
)

// examineTimeout bounds one request, in milliseconds.
const examineTimeout = 10_000

// examine asks the server with fetch: first so that the status can be read, which needs the same origin or CORS; if that
// fails, without reading anything, which shows at least whether a server answers.
func (platformExaminer) examine(url string, _ CloseInfo, found func(*Diagnosis)) (stop func()) {
	over := false
	done := func(s symptoms) {
		if !over {
			over = true
			found(s.verdict())
		}
	}
	if js.Global().Get("fetch").Type() != js.TypeFunction {
		found(&Diagnosis{}) // nothing can be asked here
		return func() {}
	}
	navigator := js.Global().Get("navigator") // some workers and programs outside of browsers have none
	offline := navigator.Truthy() && navigator.Get("onLine").Equal(js.ValueOf(false))
	url = fetchable(url)
	fetch(url, "cors", func(r response) {
		if r.Truthy() {
			done(r.symptoms())
			return
		}
		fetch(url, "no-cors", func(r response) { done(symptoms{reached: r.Truthy(), offline: offline}) })
	})
	return func() { over = true }
}

// fetchable turns ws: and wss: into http: and https:.
func fetchable(url string) string {
	if rest, ok := strings.CutPrefix(url, "ws"); ok && (strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, "s://")) {
		return "http" + rest
	}
	return url
}

// response is a JavaScript Response, or undefined if there was none.
type response struct{ js.Value }

func (r response) symptoms() symptoms {
	s := symptoms{reached: true, status: r.Get("status").Int(), redirected: r.Get("type").String() == "opaqueredirect"}
	if after := r.Get("headers").Call("get", "Retry-After"); after.Type() == js.TypeString {
		if seconds, err := strconv.Atoi(after.String()); err == nil && seconds > 0 {
			s.retryAfter = min(time.Duration(seconds), longestRetryHint/time.Second) * time.Second
		}
	}
	return s
}

// fetch makes one request and calls then once, in an event of the browser.
func fetch(url, mode string, then func(response)) {
	var yes, no js.Func
	end := func(r js.Value) {
		yes.Release()
		no.Release()
		then(response{r})
	}
	yes = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if body := args[0].Get("body"); body.Truthy() {
			body.Call("cancel")
		}
		end(args[0])
		return nil
	})
	no = js.FuncOf(func(js.Value, []js.Value) any {
		end(js.Undefined())
		return nil
	})
	options := map[string]any{"mode": mode, "cache": "no-store", "credentials": "include"}
	if mode == "cors" { // no-cors must follow redirects
		options["redirect"] = "manual"
	}
	if signal := js.Global().Get("AbortSignal"); signal.Truthy() && signal.Get("timeout").Truthy() {
		options["signal"] = signal.Call("timeout", examineTimeout)
	}
	js.Global().Call("fetch", url, options).Call("then", yes, no)
}
