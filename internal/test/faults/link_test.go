// These tests prove that each kind of fault does to a plain TCP connection what the package says, so that a test which
// stands on it breaks what it means to break.
package faults

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// echo is a TCP server that returns every byte.
func echo(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// say sends p and returns what comes back within limit.
func say(c net.Conn, p string, limit time.Duration) (got []byte, err error) {
	_ = c.SetDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(c, p); err != nil {
		return nil, err
	}
	got = make([]byte, len(p))
	n, err := io.ReadFull(c, got)
	return got[:n], err
}

func TestEveryKindDoesWhatItSays(t *testing.T) {
	server := echo(t)
	for _, kind := range Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			l := Open(t, server, kind)
			c := dial(t, l.Addr)
			if got, err := say(c, "whole", time.Minute); string(got) != "whole" {
				t.Fatalf("before the strike: %q, %v", got, err)
			}
			l.Strike()
			limit := time.Minute
			if kind == BlackHole {
				limit = time.Second // nothing will come
			}
			got, err := say(c, "struck", limit)
			timeout, ok := errors.AsType[net.Error](err)
			silent := ok && timeout.Timeout()
			switch kind {
			case Reset:
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("%q, %v, want a reset", got, err)
				}
			case Fin, Down:
				// What was on its way when the proxy closed makes the kernel answer with a reset now and then.
				if len(got) > 0 || silent || err == nil {
					t.Errorf("%q, %v, want an end", got, err)
				}
			case CutFrame:
				if string(got) != "str" || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%q, %v, want an end after three bytes", got, err)
				}
			case BlackHole:
				if len(got) > 0 || !silent {
					t.Errorf("%q, %v, want silence", got, err)
				}
			case Slow, Sliced, kinds:
				if !bytes.Equal(got, []byte("struck")) {
					t.Errorf("%q, %v, want everything", got, err)
				}
			}
			if d, err := net.Dial("tcp", l.Addr); (err != nil) != (kind == Down) {
				t.Errorf("a new connection: %v", err)
			} else if err == nil {
				d.Close()
			}
			l.Heal()
			if got, err := say(dial(t, l.Addr), "whole", time.Minute); string(got) != "whole" {
				t.Errorf("after healing: %q, %v", got, err)
			}
		})
	}
}
