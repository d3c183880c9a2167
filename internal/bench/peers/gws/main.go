// Command gws is a WebSocket server on github.com/lxzan/gws that the benchmark in internal/bench/server compares ours
// with: /ws/echo returns each message, anything else is the chat, whose messages go to everybody with who sent them and
// when. It prints its address, and ends when its standard input does. It is in a module of its own, so that nobody who
// uses Tetherscope downloads it; it never does more than the benchmark asks.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"
)

// Chat is what clients send and get.
type Chat struct {
	Type      string `json:"type"`
	Message   string `json:"message"`
	From      string `json:"from,omitempty"`
	Timestamp int64  `json:"timestamp,omitempty"`
}

func main() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "gws:", err)
		os.Exit(1)
	}
}

func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	options := &gws.ServerOption{CheckUtf8Enabled: true} // ours checks too
	echoes := gws.NewUpgrader(&echo{}, options)
	chats := gws.NewUpgrader(&chat{clients: map[*gws.Conn]string{}}, options)
	handle := func(u *gws.Upgrader) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if c, err := u.Upgrade(w, r); err == nil {
				go c.ReadLoop()
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws/echo", handle(echoes))
	mux.HandleFunc("/ws/chat", handle(chats))
	fmt.Println(l.Addr())
	return (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(l)
}

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnMessage(c *gws.Conn, m *gws.Message) {
	defer func() { _ = m.Close() }() // it goes back to a pool
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

type chat struct {
	gws.BuiltinEventHandler
	mu      sync.RWMutex
	clients map[*gws.Conn]string
	next    atomic.Int64
}

func (h *chat) OnOpen(c *gws.Conn) {
	id := strconv.FormatInt(h.next.Add(1), 10)
	h.mu.Lock()
	h.clients[c] = id
	h.mu.Unlock()
	h.send(c, Chat{Type: "welcome", Message: "Welcome", From: id, Timestamp: time.Now().UnixMilli()})
}

func (h *chat) send(c *gws.Conn, m Chat) {
	b, err := json.Marshal(m)
	if err == nil {
		_ = c.WriteMessage(gws.OpcodeText, b)
	}
}

func (h *chat) OnClose(c *gws.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}

func (h *chat) OnMessage(c *gws.Conn, message *gws.Message) {
	defer func() { _ = message.Close() }() // it goes back to a pool
	var m Chat
	if json.Unmarshal(message.Bytes(), &m) != nil || m.Type != "chat" {
		h.send(c, Chat{Type: "error", Message: "Invalid JSON"})
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	m.From, m.Timestamp = h.clients[c], time.Now().UnixMilli()
	b, err := json.Marshal(m)
	if err != nil {
		return
	}
	all := gws.NewBroadcaster(gws.OpcodeText, b)
	defer func() { _ = all.Close() }() // it lets go of the frame when the last has it
	for to := range h.clients {
		_ = all.Broadcast(to)
	}
}
