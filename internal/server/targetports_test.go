package server

import (
	"net"
	"slices"
	"strconv"
	"testing"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// TestATargetsPortIsOfItsName proves that the ports of a target follow from the server's and its name: the same in every version and run, all behind
// the server's, and any port where the server has any or the last are near.
func TestATargetsPortIsOfItsName(t *testing.T) {
	for _, c := range []struct {
		server, host string
		want         []string
	}{
		{"127.0.0.1:7316", "shop.localhost", []string{"127.0.0.1:7571", "127.0.0.1:7462", "127.0.0.1:7533", "127.0.0.1:7424", "127.0.0.1:0"}},
		{"0.0.0.0:7316", "api.localhost", []string{"127.0.0.1:7345", "127.0.0.1:7492", "127.0.0.1:7383", "127.0.0.1:7530", "127.0.0.1:0"}},
		{"127.0.0.1:0", "shop.localhost", []string{"127.0.0.1:0"}},
		{"127.0.0.1:65535", "shop.localhost", []string{"127.0.0.1:0"}},
	} {
		if got := addrsFor(c.server, c.host); !slices.Equal(got, c.want) {
			t.Errorf("%s behind %s: %q", c.host, c.server, got)
		}
	}
	for i := range 1000 {
		for _, addr := range addrsFor("127.0.0.1:7316", "t"+strconv.Itoa(i)+".localhost")[:portTries] {
			if port := portOf(addr); port <= 7316 || port > 7316+targetPorts {
				t.Fatal(addr)
			}
		}
	}
}

// TestTargetsThatShareAPortKeepTheirs proves that of two names with the same first port the same one gets it, in both orders of the command line.
func TestTargetsThatShareAPortKeepTheirs(t *testing.T) {
	first := map[string]string{}
	for i := 0; ; i++ {
		name := "t" + strconv.Itoa(i)
		addr := addrsFor("127.0.0.1:7316", name+".localhost")[0]
		if other, ok := first[addr]; ok {
			a, b := &targetListener{target: proxy.Target{Name: other}}, &targetListener{target: proxy.Target{Name: name}}
			if x, y := (targetListeners{a, b}).byHost(), (targetListeners{b, a}).byHost(); !slices.Equal(x, y) {
				t.Errorf("%s and %s get their ports in the order of the command line", other, name)
			}
			return
		}
		first[addr] = name
	}
}

// TestATakenPortIsPassedOver proves that a target listens on another port where its first is another program's.
func TestATakenPortIsPassedOver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := int(portOf(l.Addr().String()))
	// A server whose target would listen on the port that is taken.
	server := taken
	for addrsFor(net.JoinHostPort("127.0.0.1", strconv.Itoa(server)), "app.localhost")[0] != l.Addr().String() {
		if server--; server < taken-targetPorts {
			t.Fatal("no server's target has that port")
		}
	}
	got, err := listenFor(net.JoinHostPort("127.0.0.1", strconv.Itoa(server)), "app.localhost")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if host, _, _ := net.SplitHostPort(got.Addr().String()); got.Addr().String() == l.Addr().String() || host != "127.0.0.1" {
		t.Error(got.Addr())
	}
}
