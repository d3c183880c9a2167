package tether

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// kernelQueue returns how many bytes the peer's machine has acknowledged and how many wait for that. Not ok: it cannot be
// known, because c is no TCP connection.
func kernelQueue(c net.Conn) (acked, queued uint64, ok bool) {
	if secure, is := c.(*tls.Conn); is {
		c = secure.NetConn()
	}
	tcp, is := c.(syscall.Conn)
	if !is {
		return 0, 0, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		n, err2 := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if err == nil && err2 == nil {
			acked, queued, ok = info.Bytes_acked, uint64(n), true
		}
	})
	return acked, queued, ok && err == nil
}
