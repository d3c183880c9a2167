// These tests prove what the other side of a connection sees of each end, through wrappers as well.
package tcpend

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// wrapped hides a connection as a listener or a tap does.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

// pair returns both sides of a TCP connection.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	_ = far.SetDeadline(time.Now().Add(time.Minute))
	return near, far
}

func TestCloseWriteLeavesTheOtherDirection(t *testing.T) {
	near, far := pair(t)
	if err := CloseWrite(near); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the other side reads %v", err)
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if a, _ := net.Pipe(); !errors.Is(CloseWrite(a), errors.ErrUnsupported) {
		t.Error("a pipe can end one direction")
	}
}

func TestResetThroughWrappers(t *testing.T) {
	near, far := pair(t)
	if err := Reset(wrapped{wrapped{near}}); err != nil {
		t.Fatal(err)
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the other side reads %v", err)
	}
	if a, _ := net.Pipe(); TCP(a) != nil || Reset(a) != nil {
		t.Error("a pipe has no TCP connection and is closed")
	}
}
