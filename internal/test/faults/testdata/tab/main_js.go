// Command tab is a page's client under test: it follows its URL with everything switched on, and tells its story to
// globalThis.story.
package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func main() {
	options := []tether.Option{
		tether.WithHeartbeat(tether.Heartbeat{
			Transfer: time.Millisecond, // no message is large
			Interval: milliseconds("INTERVAL"), Timeout: milliseconds("TIMEOUT"),
			Ping: func(nonce uint32) codec.Message {
				return codec.Message{Type: codec.Text, Data: strconv.AppendUint([]byte("ping "), uint64(nonce), 10)}
			},
			Pong: func(m codec.Message) (uint32, bool) {
				digits, ok := strings.CutPrefix(string(m.Data), "ping ")
				nonce, err := strconv.ParseUint(digits, 10, 32)
				return uint32(nonce), ok && err == nil
			},
		}),
		tether.WithBackoff(tether.Backoff{Base: milliseconds("BACKOFF"), Max: milliseconds("BACKOFF")}),
		tether.WithConnectTimeout(2 * time.Second),
		tether.WithDiagnosis(2),
	}
	hidden, _ := strconv.Atoi(os.Getenv("HIDDEN"))
	options = append(options, tether.WithPage(tether.Page{Hidden: tether.WhenHidden(hidden), CloseAfter: time.Hour}))
	if os.Getenv("WORKER") != "" {
		options = append(options, tether.WithWorkerTimers())
	}
	c, err := tether.New(os.Getenv("URL"), codec.String(), options...)
	if err != nil {
		tell(err.Error())
		return
	}
	tether.On(c, func(e tether.StateChanged) { tell(e.New.String()) })
	tether.On(c, func(e tether.Lost) { tell("lost: " + (&tether.CloseError{CloseInfo: e.CloseInfo}).Error()) })
	tether.On(c, func(tether.PongReceived) { tell("pong") })
	tether.On(c, func(e tether.Diagnosed) { tell(e.Error()) })
	tether.On(c, func(e tether.Retrying) { tell("retrying: " + e.Rule) })
	stop := js.FuncOf(func(js.Value, []js.Value) any { c.Close(); return nil })
	js.Global().Set("stop", stop)
	err = c.Run(context.Background())
	if err != nil {
		tell("ended: " + err.Error())
		return
	}
	tell("ended")
}

// tell appends to the story, with the page's clock.
func tell(what string) {
	at := js.Global().Get("performance").Call("now")
	js.Global().Get("story").Call("push", map[string]any{"what": what, "at": at})
}

// milliseconds reads a duration from the environment; 0 if it is not there.
func milliseconds(name string) time.Duration {
	n, _ := strconv.Atoi(os.Getenv(name))
	return time.Duration(n) * time.Millisecond
}
