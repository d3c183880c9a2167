package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/wasm/chat"
)

// Load is clients of the chat that speak, listen, and reconnect when they lose their connection, and the accounts of it. Its
// fields must not be changed once it runs.
type Load struct {
	URL     string                                                 // of the front
	Token   func(ctx context.Context, user string) (string, error) // for a client
	Clients int
	Every   time.Duration // between two messages of one client

	mu     sync.Mutex
	ledger *ledger
	open   int  // clients that are connected
	quiet  bool // no client speaks
	next   int  // number of the next connection
}

// LoadFlags returns the limits that a node must allow a load, as flags: all of its clients have one address.
func LoadFlags() []string {
	return []string{"-rate", "1000", "-address-rate", "1000000", "-address-dials", "100000", "-address-clients", "20000"}
}

// dialTimeout bounds one attempt to connect, retryWithin the wait before the next one.
const (
	dialTimeout = 5 * time.Second
	retryWithin = 300 * time.Millisecond
)

// Run lets the clients live until ctx ends.
func (l *Load) Run(ctx context.Context) {
	l.mu.Lock()
	l.ledger = newLedger(l.Clients)
	l.mu.Unlock()
	var all sync.WaitGroup
	for i := range l.Clients {
		all.Go(func() { l.live(ctx, "user"+strconv.Itoa(i)) })
	}
	all.Wait()
}

// Connected returns how many clients are connected now.
func (l *Load) Connected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// Quiet lets no client speak from now on, or lets them again. What was said before may still be under way.
func (l *Load) Quiet(quiet bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = quiet
}

// Account returns the accounts. They are exact when the load is quiet and nothing is under way.
func (l *Load) Account() Account {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ledger == nil {
		return Account{Clients: l.Clients}
	}
	return l.ledger.sum()
}

// live connects one client again and again.
func (l *Load) live(ctx context.Context, user string) {
	for ctx.Err() == nil {
		if conn, err := l.dial(ctx, user); err == nil {
			l.converse(ctx, conn)
		}
		select {
		case <-time.After(rand.N(retryWithin)):
		case <-ctx.Done():
		}
	}
}

func (l *Load) dial(ctx context.Context, user string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	token, err := l.Token(ctx, user)
	if err != nil {
		return nil, err
	}
	conn, res, err := websocket.Dial(ctx, strings.Replace(l.URL, "http", "ws", 1)+"/ws/chat", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {l.URL}}, Subprotocols: []string{chat.Subprotocol, chat.TokenPrefix + token},
	})
	if err != nil {
		if res != nil {
			return nil, fmt.Errorf("HTTP %d: %w", res.StatusCode, err)
		}
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	return conn, nil
}

// converse uses one connection until it is lost.
func (l *Load) converse(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow() // it is lost already
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v := &visit{load: l, conn: conn}
	var speaker sync.WaitGroup
	defer speaker.Wait()
	defer cancel()
	for {
		_, p, err := conn.Read(ctx)
		if err != nil {
			v.end(ctx.Err() == nil)
			return
		}
		if v.receive(p) {
			speaker.Go(func() { v.speak(ctx) })
		}
	}
}

// visit is one connection of a client.
type visit struct {
	load    *Load
	conn    *websocket.Conn
	receipt *receipt
	stream  string
}

// receive notes what came, and reports whether it was the welcome.
func (v *visit) receive(p []byte) (welcome bool) {
	var m struct {
		Type, Message string
		Since, Until  int64
	}
	if json.Unmarshal(p, &m) != nil {
		return false
	}
	now := time.Now()
	l := v.load
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.Type == chat.TypeWelcome {
		l.next++
		l.open++
		v.stream, v.receipt = "c"+strconv.Itoa(l.next), l.ledger.connect(now)
		return true
	}
	if v.receipt == nil {
		return false
	}
	switch m.Type {
	case chat.TypeChat:
		if id, number, ok := strings.Cut(m.Message, " "); ok {
			n, _ := strconv.Atoi(number)
			l.ledger.receive(v.receipt, id, n, id == v.stream, now)
		}
	case chat.TypeGap:
		g := notice{came: now, since: time.UnixMilli(m.Since)}
		if m.Until != 0 {
			g.until = time.UnixMilli(m.Until)
		}
		l.ledger.gap(v.receipt, g)
	}
	return false
}

// end notes that the connection ended: lost, if it was not the load that ended it.
func (v *visit) end(lost bool) {
	l := v.load
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.receipt != nil {
		l.open--
		v.receipt.ended = lost
	}
}

// speak sends messages until the connection ends.
func (v *visit) speak(ctx context.Context) {
	l := v.load
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		l.mu.Lock()
		if l.quiet {
			l.mu.Unlock()
			continue
		}
		n := l.ledger.send(v.stream, time.Now())
		l.mu.Unlock()
		message := fmt.Appendf(nil, `{"type":"chat","message":"%s %d"}`, v.stream, n)
		if v.conn.Write(ctx, websocket.MessageText, message) != nil {
			return // the reader gets the error too
		}
	}
}
