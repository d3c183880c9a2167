package coder

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The tests have the names of what goes wrong; wasm/tether's conformance tests prove that it does not go wrong there.

func dial(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(context.Background(), os.Getenv("WS_TEST_URL")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// poll asks again and again, for a minute, until the server has seen something. Each time it asks by a request, which takes a while.
func poll(seen func() bool) {
	for deadline := time.Now().Add(time.Minute); !seen() && time.Now().Before(deadline); {
		runtime.Gosched()
	}
}

func TestACancelledDialLeavesASocketOnTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // when the attempt is under way
		defer cancel()
		poll(func() bool { return stats(t, "dial").Attempts > 0 })
	}()
	if _, _, err := websocket.Dial(ctx, os.Getenv("WS_TEST_URL")+"/slow-accept?ask=1&key=dial", nil); err == nil {
		t.Fatal("Dial was not cancelled")
	}
	ask("/release?key=dial")
	poll(func() bool { return stats(t, "dial").Accepted > 0 })
	time.Sleep(time.Second)
	if n := stats(t, "dial").Live; n != 1 {
		t.Errorf("%d connections on the server: the fault is gone", n)
	}
}

func TestCloseNowClosesNothing(t *testing.T) {
	c := dial(t, "/echo?key=closenow")
	if err := c.CloseNow(); err == nil {
		t.Error("CloseNow worked: the fault is gone")
	}
	time.Sleep(300 * time.Millisecond)
	if n := stats(t, "closenow").Live; n != 1 {
		t.Errorf("%d connections on the server: the fault is gone", n)
	}
}

func TestMessagesBeforeTheCloseAreLostAndItsCodeToo(t *testing.T) {
	lost, codes := 0, 0
	for range 60 {
		c := dial(t, "/close?n=5&code=4001&reason=token+expired")
		time.Sleep(20 * time.Millisecond)
		for n := 0; ; n++ {
			_, _, err := c.Read(context.Background())
			if err == nil {
				continue
			}
			lost += 5 - n
			if websocket.CloseStatus(err) == 4001 {
				codes++
			}
			break
		}
	}
	t.Logf("%d of 300 messages lost, close code seen %d times of 60", lost, codes)
	if lost == 0 || codes == 60 {
		t.Error("a fault is gone")
	}
}

func TestCloseWaitsForThePeer(t *testing.T) {
	c := dial(t, "/never-close")
	closed := make(chan struct{})
	go func() {
		_ = c.Close(websocket.StatusNormalClosure, "")
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("Close returned: the fault is gone")
	case <-time.After(7 * time.Second): // natively it gives up after 5 s; here the browser's 60 s rule
	}
}

func TestPingIsAlwaysAnswered(t *testing.T) {
	c := dial(t, "/drop")
	_, _, _ = c.Read(context.Background())
	if err := c.Ping(context.Background()); err != nil {
		t.Errorf("Ping on a dead connection gave %v: the fault is gone", err)
	}
}

func TestAFailedDialDoesNotReportTheCloseCode(t *testing.T) {
	_, _, err := websocket.Dial(context.Background(), os.Getenv("WS_TEST_URL")+"/refuse?status=401", nil)
	if err == nil || strings.Contains(err.Error(), "1006") || websocket.CloseStatus(err) != -1 {
		t.Errorf("a refused handshake gave %v: the fault is gone", err)
	}
}

// This one ends the whole program, so it runs only on request, alone, and the caller looks at how the program ended.
// It must run with -timeout=0: the test's own timer would keep the blocked program from noticing that it is blocked.
func TestTheServerKillsTheProgram(t *testing.T) {
	if os.Getenv("TETHERSCOPE_KILL") == "" {
		t.Skip("ends the program; internal/test/browsertest asks for it")
	}
	c := dial(t, "/badframe-on-close")
	_ = c.Close(websocket.StatusNormalClosure, "")
	t.Log("survived")
}

// stats asks the test server what it saw of the connections with a key.
func stats(t *testing.T, key string) (s struct{ Attempts, Accepted, Live int }) {
	t.Helper()
	if err := json.Unmarshal([]byte(ask("/stats?key="+key)), &s); err != nil {
		t.Error(err)
	}
	return s
}

// ask makes an ordinary request to the test server.
func ask(path string) string {
	url := strings.Replace(os.Getenv("WS_TEST_URL"), "ws", "http", 1) + path
	return await(await(js.Global().Call("fetch", url)).Call("text")).String()
}

func await(promise js.Value) js.Value {
	result := make(chan js.Value, 1)
	f := js.FuncOf(func(_ js.Value, args []js.Value) any { result <- args[0]; return nil })
	defer f.Release()
	promise.Call("then", f, f)
	select {
	case v := <-result:
		return v
	case <-time.After(time.Minute):
		panic("the promise is not settled after a minute")
	}
}
