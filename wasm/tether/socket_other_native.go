//go:build !js && !linux

package tether

import "net"

// kernelQueue: what waits in the kernel cannot be known here.
func kernelQueue(net.Conn) (acked, queued uint64, ok bool) { return 0, 0, false }
