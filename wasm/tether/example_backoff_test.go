//go:build !js

package tether_test

import (
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/wasm/retryhint"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// What a server that is down for good costs its clients, and when one comes back that a draining server has sent away.
func ExampleBackoff_Delay() {
	const drawn = 0.5 // in [0,1), for each attempt
	var b tether.Backoff
	for n := range 7 {
		fmt.Println(b.Delay(n+1, tether.Decision{}, drawn))
	}
	d := tether.DefaultDecide(tether.CloseInfo{Code: tether.CodeServiceRestart, Reason: retryhint.After(2 * time.Second)})
	fmt.Println(b.Delay(1, d, drawn))
	// Output:
	// 500ms
	// 1s
	// 2s
	// 4s
	// 8s
	// 15s
	// 15s
	// 2.5s
}
