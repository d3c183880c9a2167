package main

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
)

// startServer starts the WebSocket server as a process of its own, so that its work is not counted with ours, and
// returns its address. It ends with ctx, or when this process dies.
func startServer(ctx context.Context) (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "-serve")
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // the child ends when this pipe does
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return "ws://" + strings.TrimSpace(line), err
}

// serveForever serves /echo and /firehose until its standard input ends.
func serveForever() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return (&http.Server{Handler: endpoints(), ReadHeaderTimeout: 5 * time.Second}).Serve(listener)
}

// endpoints are /echo, and /firehose?n=&size=&kind=.
func endpoints() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", upgrade(func(_ *http.Request, c net.Conn, r *bufio.Reader) { _ = echo(c, r) }))
	mux.HandleFunc("/firehose", upgrade(func(r *http.Request, c net.Conn, br *bufio.Reader) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		size, _ := strconv.Atoi(r.FormValue("size"))
		opcode := frame.Text
		if r.FormValue("kind") == "binary" {
			opcode = frame.Binary
		}
		_ = flood(c, br, n, size, opcode)
	}))
	return mux
}

func upgrade(talk func(*http.Request, net.Conn, *bufio.Reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer func() { _ = c.Close() }()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, err = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		if err == nil {
			talk(r, c, rw.Reader)
		}
	}
}

// errClosed: the client sent a close frame, which was answered.
var errClosed = errors.New("closed")

// echo returns each message, frame by frame. It writes when no more is there to read, so one write serves many messages.
func echo(c net.Conn, r *bufio.Reader) error {
	w := bufio.NewWriterSize(c, 64<<10)
	var scratch []byte
	for {
		err := echoFrame(r, w, &scratch)
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}

// maxFrame bounds a frame of our own clients; no measurement uses larger messages.
const maxFrame = 32 << 20

// echoFrame echoes one frame. scratch is what the last one used.
func echoFrame(r *bufio.Reader, w *bufio.Writer, scratch *[]byte) error {
	h, err := readHeader(r)
	if err != nil {
		return err
	}
	if h.Length > maxFrame {
		return errors.New("a frame of more than 32 MiB")
	}
	*scratch = slices.Grow((*scratch)[:0], int(h.Length))
	p := (*scratch)[:h.Length]
	if _, err := io.ReadFull(r, p); err != nil {
		return err
	}
	unmask(p, h.Key)
	_, _ = w.Write(frame.AppendHeader(nil, frame.Header{Fin: h.Fin, Opcode: h.Opcode, Length: h.Length}))
	if _, err := w.Write(p); err != nil {
		return err
	}
	if h.Opcode == frame.Close {
		return errClosed
	}
	return nil
}

// unmask works in words, so that large messages measure the client and not this.
func unmask(p []byte, key [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(key[:]))
	word |= word << 32
	for ; len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^word)
	}
	for i := range p {
		p[i] ^= key[i&3]
	}
}

func readHeader(r *bufio.Reader) (frame.Header, error) {
	for n := 6; ; n++ {
		b, err := r.Peek(n)
		if err != nil {
			return frame.Header{}, err
		}
		if h, size := frame.ParseHeader(b); size > 0 {
			_, err := r.Discard(size)
			return h, err
		}
	}
}

// flood sends n messages of size bytes, then a close frame, in chunks of about 64 KiB made beforehand. It waits
// for one message first: the client's word that it is ready.
func flood(c net.Conn, r *bufio.Reader, n, size int, opcode frame.Opcode) error {
	one := append(frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: opcode, Length: uint64(size)}),
		strings.Repeat("x", size)...)
	each := max(1, 64<<10/len(one))
	chunk := []byte(strings.Repeat(string(one), each))
	if err := echoFrame(r, bufio.NewWriter(io.Discard), new([]byte)); err != nil {
		return err
	}
	for ; n > 0; n -= each {
		if _, err := c.Write(chunk[:min(n, each)*len(one)]); err != nil {
			return err
		}
	}
	end := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Close, Length: 2})
	if _, err := c.Write(binary.BigEndian.AppendUint16(end, 1000)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, r)
	return err
}
