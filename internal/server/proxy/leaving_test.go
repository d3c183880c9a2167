package proxy

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/tcpend"
	"github.com/tetherscope/tetherscope/internal/test/await"
)

// TestAClientThatLeavesEndsItsConnection: whatever rules hold frames back, and whether or not the target minds a FIN, the socket
// to the target is closed and the end is recorded once.
func TestAClientThatLeavesEndsItsConnection(t *testing.T) {
	leaving := map[string]func(net.Conn){
		"FIN": func(c net.Conn) { _ = c.Close() },
		"RST": func(c net.Conn) { _ = tcpend.Reset(c) },
	}
	for _, rules := range []string{
		"=> delay 100ms", "dir:in => delay 100ms", "dir:out => delay 100ms",
		"=> intercept 100ms", "=> hold 100ms", "dir:in => intercept 100ms", "dir:out => intercept", "=> rate 1KiB/s",
	} {
		for how, leave := range leaving {
			for target, listens := range map[string]bool{"a target that ends at a FIN": true, "a target that only writes": false} {
				t.Run(rules+", "+how+", "+target, func(t *testing.T) {
					t.Parallel()
					leaveUnderRules(t, rules, leave, listens)
				})
			}
		}
	}
}

// leaveUnderRules opens a connection under rules, sends frames in both directions, and leaves.
func leaveUnderRules(t *testing.T, rules string, leave func(net.Conn), listens bool) {
	ruleset, err := fault.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	s := stand(t, "x=ws://"+l.Addr().String(), Options{})
	s.tap.SetRules(ruleset)
	client, server := opened(t, s, l)
	gone := make(chan struct{})
	go func() { defer close(gone); push(server) }()
	if listens {
		go func() { _, _ = io.Copy(io.Discard, server); _ = server.Close() }()
	}
	said := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true}, []byte("hello"))
	if _, err := client.Write(said); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "frames of both sides are recorded", func() bool {
		seen := map[record.Dir]bool{}
		for _, r := range s.seen.of(record.KindFrame) {
			seen[r.Dir] = true
		}
		return len(seen) == 2
	})
	leave(client)
	await.Closed(t, gone)
	await.Until(t, "the end is recorded", func() bool { return len(s.seen.of(record.KindEnd)) == 1 })
	await.Until(t, "the tap forgets the connection", func() bool { return len(s.tap.Injectors()) == 0 })
}

// push writes a frame every few milliseconds until the connection takes no more.
func push(c net.Conn) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	said := frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text}, []byte("news"))
	for {
		if _, err := c.Write(said); err != nil {
			return
		}
		<-pace.C
	}
}
