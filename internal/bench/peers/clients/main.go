// Command clients are the WebSocket clients of other Go libraries that the benchmark in internal/bench/native compares ours
// with: gorilla, gobwas or gws, each used as its own documentation shows. It is in a module of its own, so that no user of
// Tetherscope downloads them.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
)

func main() {
	dial := map[string]drive.Dial{"gorilla": dialGorilla, "gobwas": dialGobwas, "gws": dialGWS}[os.Args[len(os.Args)-1]]
	if dial == nil {
		fmt.Fprintln(os.Stderr, "clients: want gorilla, gobwas or gws")
		os.Exit(2)
	}
	if err := drive.Serve(os.Stdin, os.Stdout, dial); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

type gorilla struct{ *websocket.Conn }

func dialGorilla(ctx context.Context, url string) (drive.Client, error) {
	c, _, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	return gorilla{c}, err
}

func (c gorilla) Send(p []byte) error { return c.WriteMessage(websocket.BinaryMessage, p) }

func (c gorilla) Read(got func(int) bool) error {
	for {
		if _, p, err := c.ReadMessage(); err != nil || !got(len(p)) {
			return err
		}
	}
}

func (c gorilla) Close() { _ = c.Conn.Close() }

type gobwas struct {
	net.Conn
	early *bufio.Reader // what came with the handshake; nil: nothing
}

func dialGobwas(ctx context.Context, url string) (drive.Client, error) {
	c, early, _, err := ws.Dial(ctx, url)
	return gobwas{c, early}, err
}

func (c gobwas) Send(p []byte) error { return wsutil.WriteClientBinary(c.Conn, p) }

func (c gobwas) Read(got func(int) bool) error {
	var rw io.ReadWriter = c.Conn
	if c.early != nil {
		rw = struct {
			io.Reader
			io.Writer
		}{c.early, c.Conn}
	}
	for {
		if p, err := wsutil.ReadServerBinary(rw); err != nil || !got(len(p)) {
			return err
		}
	}
}

func (c gobwas) Close() { _ = c.Conn.Close() }

// gwsClient gets messages by a callback of the goroutine that reads.
type gwsClient struct {
	gws.BuiltinEventHandler
	conn *gws.Conn
	got  func(int) bool
}

func dialGWS(_ context.Context, url string) (drive.Client, error) {
	c := &gwsClient{}
	conn, _, err := gws.NewClient(c, &gws.ClientOption{Addr: url})
	c.conn = conn
	return c, err
}

func (c *gwsClient) OnMessage(conn *gws.Conn, m *gws.Message) {
	defer func() { _ = m.Close() }()
	if !c.got(m.Data.Len()) {
		_ = conn.NetConn().Close()
	}
}

func (c *gwsClient) Send(p []byte) error { return c.conn.WriteMessage(gws.OpcodeBinary, p) }

func (c *gwsClient) Read(got func(int) bool) error {
	c.got = got
	c.conn.ReadLoop()
	return nil
}

func (c *gwsClient) Close() { _ = c.conn.NetConn().Close() }
