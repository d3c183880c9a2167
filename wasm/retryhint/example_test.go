package retryhint_test

import (
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/wasm/retryhint"
)

func ExampleAfter() {
	fmt.Println(retryhint.After(1500 * time.Millisecond))
	// Output: {"retry":1500}
}

func ExampleStop() {
	fmt.Println(retryhint.Stop())
	// Output: {"reconnect":false}
}

func ExampleReconnect() {
	fmt.Println(retryhint.Reconnect())
	// Output: {"reconnect":true}
}

func ExampleSpread() {
	spreader := retryhint.Spread(30 * time.Second)
	for range 3 { // for each connection of the server
		reason := spreader.Next()
		_ = reason // conn.Close(websocket.StatusServiceRestart, reason)
	}
}

func ExampleSpreadFrom() {
	spreader := retryhint.SpreadFrom(time.Second, 0)
	fmt.Println(spreader.Next(), spreader.Next())
	// Output: {"retry":618} {"retry":236}
}
