package server

import (
	"cmp"
	"hash/fnv"
	"net"
	"slices"
	"strconv"
)

const (
	targetPorts = 256 // how many ports behind the server's own are for targets
	portTries   = 4   // of them, those that a name gets in turn
)

// addrsFor returns the addresses that a target of a host name listens on behind a server's, the first that is free: some on loopback behind
// the server's port, and then any. They depend on the name and on nothing else: what a browser keeps for a name and port in one run
// belongs to the same target in the next, whatever targets there are and in which order.
func addrsFor(server, host string) (list []string) {
	for try := range portTries {
		h := fnv.New32a()
		_, _ = h.Write([]byte(host + strconv.Itoa(try))) // a hash takes everything
		port := int(portOf(server)) + 1 + int(h.Sum32()%targetPorts)
		if portOf(server) > 0 && port <= 65535 {
			list = append(list, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		}
	}
	return append(list, "127.0.0.1:0")
}

// listenFor listens for the target of a host name.
func listenFor(server, host string) (l net.Listener, err error) {
	for _, addr := range addrsFor(server, host) {
		if l, err = net.Listen("tcp", addr); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// byHost returns the listeners in the order of their host names: two that would get the same port get theirs in every order of the
// command line.
func (all targetListeners) byHost() targetListeners {
	return slices.SortedFunc(slices.Values(all), func(a, b *targetListener) int { return cmp.Compare(a.target.LocalHost(), b.target.LocalHost()) })
}
