package main

import (
	"fmt"
	"io"
	"net"
)

// plainTo and an address make this program the least that a proxy can be.
const plainTo = "plain:"

// bePlain copies bytes between each client and a target with io.Copy, and prints its address.
func bePlain(target string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go join(c, target)
	}
}

func join(c net.Conn, target string) {
	defer c.Close()
	up, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer up.Close()
	go func() {
		_, _ = io.Copy(up, c) // however it ended, the other direction ends as well
		_ = up.Close()
	}()
	_, _ = io.Copy(c, up) // see above
}
