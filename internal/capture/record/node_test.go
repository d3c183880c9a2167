package record

import "testing"

// TestConnNames: connections of other nodes are numbered from n1 up, and nothing else is such a name.
func TestConnNames(t *testing.T) {
	for conn, name := range map[uint32]string{0: "0", 7: "7", PeerConn(0): "n1", PeerConn(41): "n42", PeerConn(pageConns - peerConns - 1): "n1073741824"} {
		if got := ConnName(conn); got != name {
			t.Errorf("%d is called %s, want %s", conn, got, name)
		}
		if got, ok := PeerConnNamed(name); ok != (conn >= peerConns) || ok && got != conn {
			t.Errorf("%s is %d, %t", name, got, ok)
		}
	}
	for _, name := range []string{"", "n", "n0", "n-1", "n1.0", "n1073741825", "n4294967297", "N1", "1"} {
		if conn, ok := PeerConnNamed(name); ok {
			t.Errorf("%q is %d", name, conn)
		}
	}
}
