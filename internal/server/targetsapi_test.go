// These tests prove that targets are added and removed while the server runs, each with a port and a trust of its own, and that what
// cannot be added, or reached, is said with the flag or the switch that helps.
package server

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/scope/act"
)

// freePortNumber returns a port that is free now.
func freePortNumber(t *testing.T) int { return int(portOf(freeAddr(t))) }

// addTarget adds a target, and fails the test when it cannot.
func (s *running) addTarget(t *testing.T, in act.NewTarget) (added act.Target) {
	t.Helper()
	if status := s.call(t, "POST", "/api/targets", in, &added); status != http.StatusOK {
		t.Fatalf("%+v: %d", in, status)
	}
	return added
}

// theTarget returns the only target.
func (s *running) theTarget(t *testing.T) act.Target {
	t.Helper()
	var list act.Targets
	if status := s.call(t, "GET", "/api/targets", nil, &list); status != http.StatusOK || len(list.Targets) != 1 {
		t.Fatalf("%d %+v", status, list)
	}
	return list.Targets[0]
}

// TestTargetsAreAddedAndRemoved: one whose certificate cannot be verified says what helps; under either choice of trust it works at the chosen
// port; removing it ends its connections with a mark, and frees the port.
func TestTargetsAreAddedAndRemoved(t *testing.T) {
	url, ca, _ := elsewhere(t)
	s := start(t, nil)
	wrong := s.addTarget(t, act.NewTarget{Name: "shop", URL: url})
	if !wrong.Added || wrong.Open != 0 || wrong.Problem != "" || !strings.HasPrefix(wrong.Listener, "ws://shop.localhost:") || wrong.Flags != "-target shop="+url {
		t.Errorf("%+v", wrong)
	}
	_, res, err := websocket.Dial(t.Context(), wrong.Address, nil)
	if err == nil || res.StatusCode != http.StatusBadGateway || !strings.Contains(res.Header.Get(proxy.ErrorField), "-target-ca shop=FILE") {
		t.Errorf("%v, %v", res, err)
	}
	if problem := s.theTarget(t).Problem; !strings.Contains(problem, "-target-insecure shop") || !strings.Contains(problem, "Certificates in the panel") {
		t.Error(problem)
	}
	s.call(t, "DELETE", "/api/targets/shop", nil, nil)
	for _, in := range []act.NewTarget{{Name: "shop", URL: url, CA: ca, Port: freePortNumber(t)}, {Name: "shop", URL: url, Insecure: true}} {
		added := s.addTarget(t, in)
		if in.Port != 0 && !strings.HasSuffix(added.Address, ":"+strconv.Itoa(in.Port)) {
			t.Errorf("%+v listens at %s", in, added.Address)
		}
		c, _, err := websocket.Dial(t.Context(), added.Address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, p, err := c.Read(t.Context()); err != nil || string(p) != "hello" {
			t.Fatalf("%q, %v", p, err)
		}
		if now := s.theTarget(t); now.Open != 1 || now.Problem != "" || now.Insecure != in.Insecure || now.CA != (in.CA != "") {
			t.Errorf("%+v", now)
		}
		ended := make(chan error, 1)
		go func() {
			_, _, err := c.Read(t.Context())
			_ = c.CloseNow()
			ended <- err
		}()
		var left act.Targets
		if status := s.call(t, "DELETE", "/api/targets/shop", nil, &left); status != http.StatusOK || len(left.Targets) != 0 {
			t.Errorf("%d %+v", status, left)
		}
		if err := await.Receive(t, ended); err == nil {
			t.Error("the connection goes on")
		}
		if _, err := net.Dial("tcp", strings.TrimPrefix(added.Address, "ws://")); err == nil {
			t.Error("its port is still listened on")
		}
	}
	marked := 0
	s.records(t, func(r *record.Record) bool {
		if r.Kind == record.KindEnd && strings.Contains(r.Reason, "its target shop was removed") && r.Marks == record.Injected {
			marked++
		}
		return marked == 2
	})
	if status := s.call(t, "DELETE", "/api/targets/shop", nil, nil); status != http.StatusNotFound {
		t.Errorf("removed twice: %d", status)
	}
}

// failure adds a target that cannot be added, and returns why.
func (s *running) failure(t *testing.T, body string) (status int, f act.Failure) {
	t.Helper()
	res, text := s.post(t, "/api/targets", body, "Content-Type: application/json", "X-Tetherscope-Token: "+s.Token())
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("%s: %s", body, text)
	}
	return res.StatusCode, f
}

// TestTargetsThatCannotBeAdded: each is refused with its field, or with what helps.
func TestTargetsThatCannotBeAdded(t *testing.T) {
	s := start(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	there := s.addTarget(t, act.NewTarget{Name: "a.b", URL: "ws://192.0.2.1/x"})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(strings.TrimSuffix(there.Address, "/x"), "ws://"))
	_, other, _ := net.SplitHostPort(taken.Addr().String())
	for body, want := range map[string]string{
		`{`: "JSON object", `{"name":"x","url":"ws://h","more":1}`: "JSON object",
		`{"name":"","url":"ws://h"}`:                                          "name 1 to 32 letters",
		`{"name":"x=y","url":"ws://h"}`:                                       "name 1 to 32 letters",
		`{"name":"x","url":"h"}`:                                              "url must begin with ws://",
		`{"name":"x","url":"http://h/p"}`:                                     "url has a path",
		`{"name":"x","url":"ws://h","port":70000}`:                            "port is not between",
		`{"name":"x","url":"ws://h","insecure":true}`:                         "url begins with ws:// or http://",
		`{"name":"x","url":"wss://h","insecure":true,"ca":"x"}`:               "insecure verifies nothing",
		`{"name":"x","url":"wss://h","ca":"x"}`:                               "ca has no certificate",
		`{"name":"a.b","url":"ws://h"}`:                                       "name is that of another target",
		`{"name":"A-b","url":"ws://h"}`:                                       "name makes the host name a-b.localhost",
		`{"name":"x","url":"ws://h","port":` + portText(s.addr) + `}`:         "port is taken by this server itself (-addr ",
		`{"name":"x","url":"ws://h","port":` + port + `}`:                     "port is taken by the target a.b (-target a.b=ws://192.0.2.1/x)",
		`{"name":"x","url":"ws://h","port":` + other + `}`:                    "port cannot be listened on: another program listens on it",
		`{"name":"x","url":"ws://` + strings.Repeat("h", maxTargetURL) + `"}`: "url has more than 8 KiB",
	} {
		status, f := s.failure(t, body)
		if got := strings.TrimSpace(f.Field + " " + f.Text); !strings.Contains(strings.ReplaceAll(got, "has 1 to", "1 to"), want) || status != http.StatusBadRequest {
			t.Errorf("%.80s: %d %q, want %q", body, status, got, want)
		}
	}
	for i := range maxTargets - 1 {
		s.addTarget(t, act.NewTarget{Name: "t" + strconv.Itoa(i), URL: "ws://192.0.2.1"})
	}
	if status, f := s.failure(t, `{"name":"x","url":"ws://h"}`); status != http.StatusConflict || !strings.Contains(f.Text, "64 targets") {
		t.Errorf("%d %+v", status, f)
	}
}

// TestAddedTargetsAreNoHostsOfTheServer: neither the server nor another target answers to the host name of one that was added, and its port
// is never dialled.
func TestAddedTargetsAreNoHostsOfTheServer(t *testing.T) {
	s := start(t, nil)
	one := s.addTarget(t, act.NewTarget{Name: "one", URL: "ws://192.0.2.1"})
	if res, _ := s.get(t, "GET", "/", "Host: one.localhost"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("the server answers: %s", res.Status)
	}
	self := s.addTarget(t, act.NewTarget{Name: "self", URL: one.Address})
	res, body := ask(t, strings.TrimPrefix(self.Address, "ws://"), "GET / HTTP/1.1\r\nHost: self.localhost\r\n\r\n")
	if res.StatusCode != http.StatusBadGateway || !strings.Contains(body, proxy.ErrOwnPort.Error()) {
		t.Errorf("%s %s", res.Status, body)
	}
	if res, _ := ask(t, strings.TrimPrefix(self.Address, "ws://"), "GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another target answers: %s", res.Status)
	}
}

// TestTargetsAreForTheUserAlone: without the token, and for pages of another origin, nothing is listed, added or removed.
func TestTargetsAreForTheUserAlone(t *testing.T) {
	s := start(t, nil)
	s.addTarget(t, act.NewTarget{Name: "kept", URL: "ws://192.0.2.1"})
	for _, method := range []string{"GET", "POST", "DELETE"} {
		path := "/api/targets"
		if method == "DELETE" {
			path += "/kept"
		}
		for _, fields := range [][]string{nil, {"X-Tetherscope-Token: " + s.Token(), "Origin: https://evil.example"}, {"X-Tetherscope-Token: " + s.Token(), "Via: 1.1 x"}} {
			if res, _ := s.get(t, method, path, fields...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s %q: %s", method, fields, res.Status)
			}
		}
	}
	s.theTarget(t)
}

// TestFlagsOfSingleTargets: a port, certificates or no verification are of the target that they name.
func TestFlagsOfSingleTargets(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	_, ca, _ := elsewhere(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(ca), 0o600); err != nil {
		t.Fatal(err)
	}
	if block, _ := pem.Decode([]byte(ca)); block == nil {
		t.Fatal("no certificate")
	}
	two := []string{"-target", "a=wss://h", "-target", "b=wss://i"}
	o, err := ParseFlags(append(two, "-target-port", "a=7401", "-target-ca", "a="+file, "-target-insecure", "b"), none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	a, b := o.TargetChoices["a"], o.TargetChoices["b"]
	if a.Port != 7401 || a.CA == nil || a.Insecure || b.Port != 0 || b.CA != nil || !b.Insecure || a.flags(o.Targets[0]) != "-target a=wss://h -target-port a=7401 -target-ca a="+file {
		t.Errorf("%+v %+v", a, b)
	}
	for _, c := range []struct{ flags, want string }{
		{"-target-port a", "is not NAME=PORT"},
		{"-target-port a=0", "is not a port between"},
		{"-target-port c=1", "-target-port c needs -target c=URL"},
		{"-target-port a=7401 -target-port b=7401", "each needs its own"},
		{"-target-ca a=" + file + "x", "no such file"},
		{"-target-ca a=targets.go", "has no certificate in PEM"},
		{"-target-ca a=" + file + " -target-insecure a", "choose one"},
		{"-target-insecure c", "-target-insecure c needs -target c=URL"},
	} {
		if _, err := ParseFlags(append(two, strings.Fields(c.flags)...), none, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.flags, err)
		}
	}
}
