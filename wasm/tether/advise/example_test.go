package advise_test

import (
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/wasm/tether/advise"
)

func ExampleRetry() {
	fmt.Println(advise.Retry(1500 * time.Millisecond))
	// Output: {"retry":1500}
}

func ExampleStop() {
	fmt.Println(advise.Stop())
	// Output: {"reconnect":false}
}

func ExampleReconnect() {
	fmt.Println(advise.Reconnect())
	// Output: {"reconnect":true}
}

func ExampleDrain() {
	drain := advise.Drain(30 * time.Second)
	for range 3 { // for each connection of the server
		reason := drain.Next()
		_ = reason // conn.Close(websocket.StatusServiceRestart, reason)
	}
}
