package record

import (
	"strconv"
	"strings"
)

// Connections of other nodes have numbers from peerConns up, below those that pages have in a panel: a node's own are counted from 1.
const (
	peerConns = 1 << 30
	pageConns = 1 << 31
)

// PeerConn returns the number of the n-th connection, from 0 up, that other nodes have reported.
func PeerConn(n uint32) uint32 { return peerConns + n%(pageConns-peerConns) }

// OfPeer reports whether a connection is one of another node, and then which of them, from 0 up.
func OfPeer(conn uint32) (n uint32, is bool) {
	return conn - peerConns, conn >= peerConns && conn < pageConns
}

// ConnName returns the number of a connection as people see it: "7", and "n1" for the first one of other nodes.
func ConnName(conn uint32) string {
	if n, is := OfPeer(conn); is {
		return "n" + strconv.FormatUint(uint64(n)+1, 10)
	}
	return strconv.FormatUint(uint64(conn), 10)
}

// PeerConnNamed returns the number of the connection of another node that a name such as "n1" stands for.
func PeerConnNamed(name string) (conn uint32, ok bool) {
	digits, ok := strings.CutPrefix(name, "n")
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n == 0 || n > pageConns-peerConns {
		return 0, false
	}
	return PeerConn(uint32(n - 1)), true
}

// noded is the bit, in the byte of side and direction, that says that the name of a node stands at the end of a request, behind its
// program: older readers, which do not look there, read the rest.
const noded = 1 << 7

// hasNode reports whether the name of a node stands at the end of r.
func (r *Record) hasNode() bool { return r.Kind == KindRequest && r.Node != "" }
