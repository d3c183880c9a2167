package forward

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// The numbers of RFC 1928 and RFC 1929.
const (
	socksVersion    = 5
	socksNoAuth     = 0
	socksUserPass   = 2
	socksNoMethod   = 0xff
	socksConnect    = 1
	socksIPv4       = 1
	socksName       = 3
	socksIPv6       = 4
	socksDone       = 0
	socksNotCommand = 7
	socksNotAddress = 8
)

var errSOCKS = errors.New("the client does not speak SOCKS5 as this proxy does")

// socks reads a SOCKS5 request and serves its tunnel. It closes c.
func (p *Proxy) socks(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(requestTimeout))
	host, address, err := p.greet(c)
	_ = c.SetDeadline(time.Time{})
	if err != nil {
		p.drop(c)
		return
	}
	p.tunnel(c, destination{"", host, address})
}

// greet speaks SOCKS5 up to the answer, which says that the tunnel is there: its destination is dialled when it is known what is in it.
func (p *Proxy) greet(c net.Conn) (host, address string, err error) {
	methods, err := readCounted(c, 1) // behind the version
	if err != nil {
		return "", "", err
	}
	method := byte(socksNoAuth)
	if p.o.User != "" {
		method = socksUserPass
	}
	if !bytes.Contains(methods, []byte{method}) {
		_, _ = c.Write([]byte{socksVersion, socksNoMethod})
		return "", "", errSOCKS
	}
	if _, err := c.Write([]byte{socksVersion, method}); err != nil {
		return "", "", err
	}
	if method == socksUserPass {
		if err := p.login(c); err != nil {
			return "", "", err
		}
	}
	reply := func(code byte) error {
		_, err := c.Write([]byte{socksVersion, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
		return err
	}
	host, address, code, err := readRequest(c)
	if err != nil {
		if code != socksDone {
			_ = reply(code) // the client may be gone
		}
		return "", "", err
	}
	return host, address, reply(socksDone)
}

// login reads a user name and a password (RFC 1929) and answers.
func (p *Proxy) login(c net.Conn) error {
	user, err := readCounted(c, 1) // behind the version
	if err != nil {
		return err
	}
	password, err := readCounted(c, 0)
	if err != nil {
		return err
	}
	if !p.credentials(string(user), string(password)) {
		_, _ = c.Write([]byte{1, 1})
		return errSOCKS
	}
	_, err = c.Write([]byte{1, 0})
	return err
}

// readRequest reads a request for a tunnel. code is what to answer to a wrong one.
func readRequest(r io.Reader) (host, address string, code byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", "", socksDone, err
	}
	if head[0] != socksVersion || head[1] != socksConnect {
		return "", "", socksNotCommand, errSOCKS
	}
	switch head[3] {
	case socksName:
		var name []byte
		name, err = readCounted(r, 0)
		host = string(name)
	case socksIPv4, socksIPv6:
		ip := make([]byte, map[byte]int{socksIPv4: 4, socksIPv6: 16}[head[3]])
		_, err = io.ReadFull(r, ip)
		at, _ := netip.AddrFromSlice(ip) // it has one of the two lengths
		host = at.Unmap().String()
	default:
		return "", "", socksNotAddress, errSOCKS
	}
	var port [2]byte
	if err == nil {
		_, err = io.ReadFull(r, port[:])
	}
	if err != nil {
		return "", "", socksDone, err
	}
	host, address, err = parseAddress(net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port[:])))), "")
	return host, address, socksNotAddress, err
}

// readCounted skips bytes, then reads a count in one byte and as many bytes.
func readCounted(r io.Reader, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(r, b)
	return b, err
}
