// These tests prove that a heartbeat keeps no message from the application but the answers to its own pings.
package tether

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// unread returns what waits in the inbox.
func unread(t *testing.T, c *Client[string, string]) (all []string) {
	t.Helper()
	for c.Stats().Inbox.Messages > 0 {
		for m, err := range c.Messages(context.Background()) {
			if err != nil {
				t.Error(err)
			}
			all = append(all, m)
			break
		}
	}
	return all
}

// applicationPongs are messages of an application that look like the answer to a ping.
var applicationPongs = []string{`{"type":"pong"}`, `{"type":"pong","timestamp":12}`, `{"type":"pong","nonce":7}`, `{"type":"pong","nonce":0}`}

// TestPongsOfTheApplicationAreDelivered: before the first ping, while one is under way, and after its answer.
func TestPongsOfTheApplicationAreDelivered(t *testing.T) {
	n := &fakeNet{reply: pongs, delay: 5 * time.Second}
	bubble(t, n, []Option{WithHeartbeat(Heartbeat{})}, func(t *testing.T, c *Client[string, string]) {
		for range 3 {
			n.last().say(applicationPongs...)
			pass(time.Second)
			if got := unread(t, c); !slices.Equal(got, applicationPongs) {
				t.Errorf("after %d pings read %q", c.Stats().Pings, got)
			}
			pass(25 * time.Second)
		}
		if st := c.Stats(); st.Pings == 0 || st.Opens != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// TestPingFramesMakeNoMessageAPong: where the platform or the session layer pings, every message is the application's.
func TestPingFramesMakeNoMessageAPong(t *testing.T) {
	n := &fakeNet{frames: true}
	custom := func(codec.Message) (uint32, bool) { return 0, true }
	for _, h := range []Heartbeat{
		{Protocol: true},
		{Protocol: true, Ping: pingJSON, Pong: custom},
	} {
		bubble(t, n, []Option{WithHeartbeat(h)}, func(t *testing.T, c *Client[string, string]) {
			pass(time.Minute)
			n.last().say(applicationPongs...)
			pass(time.Second)
			if got := unread(t, c); !slices.Equal(got, applicationPongs) {
				t.Errorf("read %q", got)
			}
			if st := c.Stats(); st.Pongs < 2 || len(n.last().got) > 0 {
				t.Errorf("%+v; sent %q", st, n.last().got)
			}
		})
	}
}

// TestLatePongsAreKeptBack: the answer to a ping before the last one is still ours, but no sign of life.
func TestLatePongsAreKeptBack(t *testing.T) {
	n := &fakeNet{}
	bubble(t, n, []Option{WithHeartbeat(Heartbeat{})}, func(t *testing.T, c *Client[string, string]) {
		for range 5 { // each ping is answered by something else, in time
			pass(26 * time.Second)
			n.last().say("alive")
		}
		for _, ping := range n.last().got {
			n.last().say(strings.Replace(ping, "ping", "pong", 1))
		}
		pass(time.Second)
		if got := unread(t, c); strings.Join(got, " ") != "alive alive alive alive alive" {
			t.Errorf("read %q", got)
		}
	})
}

// TestAPlainPongAnswers: a server that does not return the nonce keeps the connection and is measured.
func TestAPlainPongAnswers(t *testing.T) {
	n := &fakeNet{delay: time.Second, reply: func(c *fakeConn, _ string) { c.say(`{"type":"pong"}`) }}
	bubble(t, n, []Option{WithHeartbeat(Heartbeat{})}, func(t *testing.T, c *Client[string, string]) {
		pass(time.Hour)
		if st := c.Stats(); st.Opens != 1 || st.Pongs < 100 || st.RTT != time.Second || st.Inbox.Messages != int(st.Pongs) {
			t.Errorf("%+v", st)
		}
	})
}
