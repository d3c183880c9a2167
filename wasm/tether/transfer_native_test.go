//go:build !js

// These tests prove that a client lets transfers take the time that they need.
package tether_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/codec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// heartbeats are shorter than the transfers, and one is the default.
func heartbeats() (list []tether.Heartbeat) {
	for _, protocol := range []bool{false, true} {
		for _, h := range []tether.Heartbeat{
			{Interval: 200 * time.Millisecond, Timeout: 300 * time.Millisecond}, {Interval: time.Second, Timeout: 2 * time.Second}, {},
		} {
			h.Protocol = protocol
			list = append(list, h)
		}
	}
	return list
}

// transfers are sizes of messages, at a megabyte per second.
func transfers() []int {
	if testing.Short() {
		return []int{8 << 20}
	}
	return []int{8 << 20, 32 << 20}
}

const lineRate = 1 << 20

func eachTransfer(t *testing.T, test func(t *testing.T, size int, h tether.Heartbeat)) {
	for _, size := range transfers() {
		for _, h := range heartbeats() {
			t.Run(fmt.Sprintf("%d MiB, %v and %v, protocol %v", size>>20, h.Interval, h.Timeout, h.Protocol), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, size, h) })
			})
		}
	}
}

func large(size int) codec.Message {
	return codec.Message{Type: codec.Binary, Data: make([]byte, size)}
}

// P28: a message that takes longer to send than the heartbeat arrives, with the first connection.
func TestAnUploadLongerThanTheHeartbeatArrives(t *testing.T) {
	eachTransfer(t, func(t *testing.T, size int, h tether.Heartbeat) {
		arrived := make(chan int, 10)
		c := client(t, func(p *peer) {
			p.rate = lineRate
			p.serve(func(b []byte) { arrived <- len(b) })
		}, tether.WithHeartbeat(h), tether.WithOutbox(tether.Limits{Bytes: 64 << 20}, tether.OverflowBlock))
		tether.On(c, func(e tether.Lost) { t.Log("lost:", e.Code, e.Err) })
		defer runs(t, c)()
		for range 2 { // and the second one is behind the first
			if err := c.TrySend(large(size)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if got := await.Receive(t, arrived); got != size {
				t.Errorf("%d bytes arrived", got)
			}
		}
		if st := c.Stats(); st.Attempts != 1 {
			t.Errorf("it took %d attempts", st.Attempts)
		}
	})
}

// P28: a message that takes longer to arrive than the heartbeat.
func TestADownloadLongerThanTheHeartbeatArrives(t *testing.T) {
	eachTransfer(t, func(t *testing.T, size int, h tether.Heartbeat) {
		c := client(t, func(p *peer) {
			p.rate = lineRate
			p.group.Go(func() { p.serve(func([]byte) {}) })
			for range 2 {
				_ = p.write(0x82, make([]byte, size))
			}
			<-p.over
		}, tether.WithHeartbeat(h), tether.WithMaxMessage(64<<20))
		tether.On(c, func(e tether.Lost) { t.Log("lost:", e.Code, e.Err) })
		defer runs(t, c)()
		n := 0
		for m, err := range c.Messages(await.Context(t)) {
			if err != nil || len(m.Data) != size {
				t.Errorf("%d bytes, %v", len(m.Data), err)
			}
			if n++; n == 2 {
				break
			}
		}
		if st := c.Stats(); st.Attempts != 1 {
			t.Errorf("it took %d attempts", st.Attempts)
		}
	})
}

// P28, the other half: a transfer that stands still is noticed as soon as silence is.
func TestATransferThatStandsStillIsNoticed(t *testing.T) {
	for name, script := range map[string]func(*peer){
		"up": func(p *peer) {
			p.rate = lineRate
			for range 40 { // two seconds
				if _, err := p.slowly().Read(make([]byte, lineRate)); err != nil {
					return
				}
			}
			<-p.over
		},
		"down": func(p *peer) {
			p.rate = lineRate
			p.group.Go(func() { p.serve(func([]byte) {}) })
			_ = p.write(0x82, make([]byte, 1000)) // the answers wait behind half a message
			p.writing <- struct{}{}
			_, _ = p.conn.Write([]byte{0x82, 127, 0, 0, 0, 0, 0, 0x80, 0, 0})
			<-p.over
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, script, tether.WithHeartbeat(tether.Heartbeat{Interval: time.Second, Timeout: 2 * time.Second}))
				lost := make(chan tether.Lost, 10)
				tether.On(c, func(e tether.Lost) {
					select {
					case lost <- e:
					default:
					}
				})
				defer runs(t, c)()
				begin := time.Now()
				if err := c.TrySend(large(map[string]int{"up": 4 << 20}[name])); err != nil {
					t.Fatal(err)
				}
				if e := await.Receive(t, lost); !errors.Is(e.Err, tether.ErrHeartbeat) || time.Since(begin) > 10*time.Second {
					t.Errorf("after %v: %+v", time.Since(begin), e)
				}
			})
		})
	}
}

// A server's ping is answered while a large message is on its way, however long that takes: its frames are small.
func TestAPingIsAnsweredDuringAnUpload(t *testing.T) {
	for _, most := range []int{0, 32 << 10} { // 0: the default
		synctest.Test(t, func(t *testing.T) {
			const size = 8 << 20
			latest, largest := time.Duration(0), 0
			arrived := make(chan int, 1)
			script := func(p *peer) {
				p.rate = 400 << 10 // 20 s
				sent := make(chan time.Time, 1000)
				p.group.Go(func() {
					for range 15 {
						time.Sleep(time.Second)
						sent <- time.Now()
						if p.write(0x89, []byte("are you there")) != nil {
							return
						}
					}
				})
				whole := 0
				for {
					h, b, err := p.frame()
					switch {
					case err != nil:
						return
					case h.Opcode == frame.Pong:
						latest = max(latest, time.Since(await.Receive(t, sent)))
					case h.Opcode < frame.Close:
						largest = max(largest, len(b))
						if whole += len(b); h.Fin {
							arrived <- whole
						}
					}
				}
			}
			var opts []tether.Option
			if most > 0 {
				opts = append(opts, tether.WithMaxFrame(most))
			}
			c := client(t, script, opts...)
			defer runs(t, c)()
			if err := c.TrySend(large(size)); err != nil {
				t.Fatal(err)
			}
			if got := await.Receive(t, arrived); got != size {
				t.Errorf("%d bytes arrived", got)
			}
			want := most
			if most == 0 {
				want = 64 << 10
			}
			if largest != want || latest == 0 || latest > 2*time.Second {
				t.Errorf("the largest frame had %d bytes, the latest pong took %v", largest, latest)
			}
			if st := c.Stats(); st.Attempts != 1 {
				t.Errorf("it took %d attempts", st.Attempts)
			}
		})
	}
}

// A client whose reader is slow answers pings all the same, and gives nothing up.
func TestASlowReaderAnswersPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		ponged := make(chan time.Duration, 1)
		c := client(t, func(p *peer) {
			for i := range n {
				if p.write(0x82, []byte{byte(i)}) != nil {
					return
				}
				time.Sleep(time.Millisecond) // of the bubble: until then the client has done all it does about a message
			}
			sent := time.Now()
			_ = p.write(0x89, []byte("are you there"))
			for {
				op, _, err := p.read()
				if err != nil {
					return
				}
				if op == frame.Pong {
					ponged <- time.Since(sent)
				}
			}
		}, tether.WithInbox(tether.Limits{Messages: 5}))
		defer runs(t, c)()
		if took := await.Receive(t, ponged); took > time.Second {
			t.Errorf("the pong took %v", took)
		}
		synctest.Wait()
		if st := c.Stats(); st.Inbox.Messages > 10 {
			t.Errorf("the inbox holds %d messages", st.Inbox.Messages)
		}
		i := 0
		for m, err := range c.Messages(await.Context(t)) {
			if err != nil || m.Data[0] != byte(i) {
				t.Fatalf("message %d is %v, %v", i, m.Data, err)
			}
			if i++; i == n {
				break
			}
		}
	})
}
