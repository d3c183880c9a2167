package apart

import (
	"log"
	"runtime/debug"
)

// Serve runs serve and then release on a goroutine of its own and returns at once, so that the handler that has accepted a connection
// can return. What net/http keeps for as long as a handler runs, the request, its response and a stack that has grown with the
// handshake, is a third of what an idle connection takes. The context of the request ends with the handler.
//
// A panic of serve is printed and ends nothing else, as in net/http.
func Serve(release, serve func()) {
	go func() {
		defer release()
		defer func() {
			if v := recover(); v != nil {
				log.Printf("a WebSocket handler has panicked: %v\n%s", v, debug.Stack())
			}
		}()
		serve()
	}()
}
