package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/app/cluster"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec/jsoncodec"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// user is a user with a tether to the cluster.
type user struct {
	*tether.Client[message, message]
	t    *testing.T
	got  chan message
	mu   sync.Mutex
	lost []tether.Lost
}

// connect runs a tether through nginx until the test ends.
func connect(t *testing.T, c *cluster.Cluster, name string) *user {
	t.Helper()
	client, err := tether.New(strings.Replace(c.URL, "http", "ws", 1)+"/ws/chat", jsoncodec.New[message, message](),
		tether.WithHeader(http.Header{"Origin": {c.URL}}), tether.WithBackoff(tether.Backoff{Base: 50 * time.Millisecond}),
		tether.WithSubprotocols(chat.Subprotocol, chat.TokenPrefix+token(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	u := &user{Client: client, t: t, got: make(chan message, 10000)}
	tether.On(client, func(l tether.Lost) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.lost = append(u.lost, l)
	})
	var work sync.WaitGroup
	work.Go(func() {
		if err := client.Run(context.Background()); err != nil && !errors.Is(err, tether.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	})
	work.Go(func() {
		for m, err := range client.Messages(context.Background()) {
			if err == nil {
				u.got <- m
			}
		}
	})
	t.Cleanup(func() {
		client.Close()
		await.Group(t, &work)
	})
	return u
}

// await skips messages until one of the type.
func (u *user) await(name string) message {
	u.t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case m := <-u.got:
			if m["type"] == name {
				return m
			}
		case <-deadline:
			u.t.Fatalf("no %s within %v; %+v", name, patience, u.Stats())
		}
	}
}

// welcomed waits until u is welcomed by a node that is not among gone, and returns its number.
func (u *user) welcomed(gone ...int) int {
	u.t.Helper()
	for {
		name, _ := u.await(chat.TypeWelcome)["server"].(string)
		if i := slices.Index([]string{"node1", "node2", "node3"}, name); i >= 0 && !slices.Contains(gone, i) {
			return i
		}
	}
}

// lastLost returns how u's last connection ended.
func (u *user) lastLost() tether.Lost {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.lost) == 0 {
		return tether.Lost{}
	}
	return u.lost[len(u.lost)-1]
}

// TestTethersComeBackElsewhere: when a node is killed, and when another is drained with SIGTERM, its tethers are
// connected to a node that lives, and talk on. Who is drained gets 1012, with advice when to come back.
func TestTethersComeBackElsewhere(t *testing.T) {
	c := run(t, 0, "-drain-spread", "300ms")
	users := []*user{connect(t, c, "ada"), connect(t, c, "bob"), connect(t, c, "cy")}
	at := make([]int, len(users)) // the node that each is connected to
	for i, u := range users {
		at[i] = u.welcomed()
	}
	dead := at[0]
	c.Nodes[dead].Kill()
	for i, u := range users {
		if at[i] == dead {
			at[i] = u.welcomed(dead)
			if l := u.lastLost(); l.Code != 1006 {
				t.Errorf("killed: lost with %d", l.Code)
			}
		}
	}
	drained := at[0]
	if err := c.Nodes[drained].Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for i, u := range users {
		if at[i] == drained {
			at[i] = u.welcomed(dead, drained)
			if l := u.lastLost(); l.Code != 1012 || !strings.HasPrefix(l.Reason, `{"retry":`) {
				t.Errorf("drained: lost with %d %q", l.Code, l.Reason)
			}
		}
	}
	if err := users[0].Send(t.Context(), message{"type": "chat", "message": "still here"}); err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		u.await(chat.TypeChat)
	}
}
