package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

// serveEcho prints its address and returns frames until its standard input ends.
func serveEcho() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = l.Close()
	}()
	fmt.Println(l.Addr())
	return accept(l)
}

func accept(l net.Listener) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = c.Close() }()
			_ = echo(c) // the client sees the end
		}()
	}
}

// echo performs the handshake and returns each frame as it came, unmasked: those that one read gave by one write.
func echo(c net.Conn) error {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	in, out := make([]byte, 0, 4<<10), []byte(nil)
	for {
		n, err := c.Read(in[len(in):cap(in)])
		if err != nil {
			return err
		}
		in = in[:len(in)+n]
		var used int
		out, used = answer(out[:0], in)
		in = in[:copy(in, in[used:])]
		if len(in) == cap(in) || n > cap(in)/2 && cap(in) < 1<<20 {
			in = append(make([]byte, 0, 2*cap(in)), in...)
		}
		if _, err := c.Write(out); err != nil {
			return err
		}
	}
}

// answer appends the answers to all whole frames of in to out, and says how much of in they took.
func answer(out, in []byte) (_ []byte, used int) {
	for {
		b := in[used:]
		if len(b) < 2 {
			return out, used
		}
		size, length := 2, int(b[1]&127)
		switch {
		case length == 126 && len(b) >= 4:
			size, length = 4, int(binary.BigEndian.Uint16(b[2:]))
		case length == 127 && len(b) >= 10:
			size, length = 10, int(binary.BigEndian.Uint64(b[2:]))
		case length >= 126:
			return out, used
		}
		if len(b) < size+4+length {
			return out, used
		}
		out = append(append(out, b[0], b[1]&127), b[2:size]...)
		out = append(out, b[size+4:size+4+length]...)
		unmask(out[len(out)-length:], b[size:size+4])
		used += size + 4 + length
	}
}

func unmask(p, key []byte) {
	k := uint64(binary.LittleEndian.Uint32(key))
	k |= k << 32
	i := 0
	for ; i+8 <= len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], binary.LittleEndian.Uint64(p[i:])^k)
	}
	for ; i < len(p); i++ {
		p[i] ^= key[i&3]
	}
}
