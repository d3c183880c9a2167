//go:build !js

package tether_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetherscope/tetherscope/internal/test/wstest"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

func ExampleWithHeartbeat() {
	server := wstest.Start()
	defer server.Close()

	// This server says nothing and hears nothing, but its TCP connection stays: no event would ever tell.
	client, _ := tether.New(server.URL+"/blackhole", codec.String(), tether.WithHeartbeat(tether.Heartbeat{
		Interval: 20 * time.Millisecond,
		Timeout:  20 * time.Millisecond,
	}))
	tether.On(client, func(e tether.Lost) {
		fmt.Println("lost:", e.Err)
		client.Close()
	})
	fmt.Println("ended:", client.Run(context.Background()))
	// Output:
	// lost: tether: no answer to the heartbeat
	// ended: <nil>
}

// A server with pings of its own: here four bytes that it returns with another first one.
func ExampleHeartbeat() {
	beat := tether.Heartbeat{
		Ping: func(nonce uint32) codec.Message {
			return codec.Message{Type: codec.Binary, Data: []byte{'?', byte(nonce), byte(nonce >> 8), byte(nonce >> 16)}}
		},
		Pong: func(m codec.Message) (nonce uint32, ok bool) {
			if m.Type != codec.Binary || len(m.Data) != 4 || m.Data[0] != '!' {
				return 0, false
			}
			// Of the nonce only three bytes travel, so all that can be said is that the server answered.
			return 0, true
		},
		Protocol: true, // natively, ping frames do: no server need know of them
	}
	ping := beat.Ping(7)
	_, ok := beat.Pong(codec.Message{Type: ping.Type, Data: bytes.Replace(ping.Data, []byte("?"), []byte("!"), 1)})
	fmt.Println(ok)
	// Output: true
}

func ExamplePongReceived() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/echo", codec.String(), tether.WithHeartbeat(tether.Heartbeat{
		Interval: 10 * time.Millisecond,
		Protocol: true,
	}))
	tether.On(client, func(e tether.PongReceived) {
		fmt.Println(e.RTT > 0, client.Stats().RTT > 0)
		client.Close()
	})
	client.Run(context.Background())
	// Output: true true
}

// Everything that a page needs to survive hidden tabs, trains and closed lids. It compiles natively too, and there it
// does nothing.
func ExampleWithPage() {
	client, err := tether.New("wss://example.org/chat", codec.String(),
		tether.WithPage(tether.Page{Hidden: tether.WhenHiddenClose, CloseAfter: 10 * time.Minute}),
		tether.WithHeartbeat(tether.Heartbeat{}),
		tether.WithWorkerTimers(),
	)
	fmt.Println(client.State(), err)
	// Output: Idle <nil>
}

func ExampleWithWorkerTimers() {
	_, err := tether.New("wss://example.org/chat", codec.String(), tether.WithWorkerTimers())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithDiagnosis() {
	server := wstest.Start()
	defer server.Close()

	client, _ := tether.New(server.URL+"/refuse?status=403", codec.String(), tether.WithDiagnosis(1),
		tether.WithDecide(func(c tether.CloseInfo) tether.Decision {
			if d, ok := errors.AsType[*tether.Diagnosis](c.Err); ok {
				fmt.Println(d.Verdict, d.Status)
				return tether.DefaultDecide(c)
			}
			return tether.Decision{} // what a browser knows without a diagnosis: nothing
		}))
	fmt.Println(client.Run(context.Background()))
	// Output:
	// Denied 403
	// tether: stopped (diagnosis: Denied (HTTP 403)): cannot connect: diagnosis: Denied (HTTP 403)
}
