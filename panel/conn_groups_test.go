package panel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/controller"
)

// proxyClient is a control API of a server with a forward proxy.
type proxyClient struct {
	fakeClient
	tick func()
}

func (c *proxyClient) Call(_, path, _ string, answer func(int, string)) {
	if path == "/api/proxy" {
		answer(200, `{"addr":"127.0.0.1:8888","hosts":[{"name":"busy.example","requests":12000,"sockets":0},{"name":"quiet.example","requests":0,"sockets":3},
			{"name":"pinned.example","requests":2,"sockets":0,"passed":"a client refused the certificate"},{"name":"old.example","requests":1,"sockets":0,"failed":"certificate has expired <b>"}]}`)
	}
}

func (c *proxyClient) Every(_ int, f func()) func() {
	c.tick = f
	return func() {}
}

// TestManyConnectionsAreGrouped: each group folds, its rows can be hidden and shown again, and a search narrows the list.
func TestManyConnectionsAreGrouped(t *testing.T) {
	var list []record.Record
	for i := range uint32(20) {
		list = append(list, record.Record{
			Time: 1, Conn: i + 1, Kind: record.KindRequest, Name: "x", Remote: "127.0.0.1:5", Program: record.Program{PID: 7, Name: "curl"},
			Head: fmt.Appendf(nil, "GET /v%d HTTP/1.1\r\nHost: h%d.example\r\n\r\n", i, i%2),
		})
	}
	d, _ := newTest(list...)
	const title, query = "curl (7) → h1.example", `app=7 host="h1.example"`
	if out := html(d); !strings.Contains(out, title) || !strings.Contains(out, `id="conn-search"`) || !strings.Contains(out, "hue3") || strings.Count(out, "data-conn=") != 20 {
		t.Errorf("the groups are missing in %s", out)
	}
	d.Do(controller.HideGroup{Query: query})
	settle(d)
	if s := d.Snapshot(); s.Total != 10 || s.Status.Filter.Text != "not ("+query+")" || strings.Count(html(d), "data-conn=") != 10 {
		t.Errorf("hidden: %d rows under %s", s.Total, s.Status.Filter.Text)
	}
	d.Do(controller.HideGroup{Query: query})
	d.Do(controller.FoldGroup{Key: title})
	settle(d)
	if s := d.Snapshot(); s.Total != 20 || s.Status.Filter.Text != "" || strings.Count(html(d), "data-conn=") != 10 {
		t.Errorf("shown and folded: %d rows under %q", s.Total, s.Status.Filter.Text)
	}
	d.Do(controller.OnlyGroup{Query: query})
	d.Do(controller.SearchConns{Text: " /V7 "})
	settle(d)
	if s := d.Snapshot(); s.Total != 10 || len(s.ConnList.Groups) != 1 || len(s.ConnList.Groups[0].Conns) != 1 {
		t.Errorf("found: %d rows, %+v", s.Total, s.ConnList.Groups)
	}
	d.Do(controller.SearchConns{Text: "nothing has this"})
	if out := html(d); !strings.Contains(out, "No connection has this") {
		t.Error("an empty search is not explained")
	}
}

// TestWhatPassedIsShown: a counted line for each host without a record, the ones with a problem first, and again when it changes.
func TestWhatPassedIsShown(t *testing.T) {
	d, _ := newTest()
	client := &proxyClient{}
	d.SetControl(client)
	out := html(d)
	order := []string{"Passed without a record", "pinned.example", "not read: a client refused", "old.example", "not reached: certificate has expired &lt;b&gt;", "busy.example", "12.0k"}
	at := 0
	for _, want := range order {
		i := strings.Index(out[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing behind the one before", want)
		}
		at += i
	}
	if strings.Contains(out, "quiet.example") {
		t.Error("a host whose connections are recorded is listed")
	}
	if client.tick == nil {
		t.Error("the list is not asked for again")
	}
}
