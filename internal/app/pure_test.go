package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/codec"
)

// TestClientAddress: a client cannot choose its address, whatever it writes into X-Forwarded-For.
func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1", nil, "192.0.2.1"},
		{"192.0.2.1", []string{"198.51.100.1"}, "192.0.2.1"}, // not through our proxy
		{"10.0.0.1", nil, "10.0.0.1"},
		{"10.0.0.1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"10.0.0.1", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"}, // the left one is the client's own claim
		{"10.0.0.1", []string{"198.51.100.1", "192.0.2.1"}, "192.0.2.1"},
		{"10.0.0.1", []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"}, // two of our proxies
		{"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1", []string{"192.0.2.1, nonsense"}, "10.0.0.1"},
		{"10.0.0.1", []string{"192.0.2.1:80"}, "10.0.0.1"},
		{"10.0.0.1", []string{""}, "10.0.0.1"},
		{"::ffff:10.0.0.1", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"fd00::1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"10.0.0.1", []string{strings.Repeat("10.0.0.9,", 1000) + "10.0.0.2"}, "10.0.0.9"}, // bounded work
	} {
		if got := clientAddress(netip.MustParseAddr(c.remote), c.forwarded, trusted); got.String() != c.want {
			t.Errorf("%s %.40q: got %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

// TestBucket: an IPv6 host cannot evade a limit by using another of its 2^64 addresses.
func TestBucket(t *testing.T) {
	for a, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64",
	} {
		if got := bucket(netip.MustParseAddr(a)); got.String() != want {
			t.Errorf("%s: got %s, want %s", a, got, want)
		}
	}
	if bucket(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("addresses that are none share the zero bucket")
	}
}

// TestAddressesForget: the table stays at its bound however many addresses come, and never forgets one in use.
func TestAddressesForget(t *testing.T) {
	l := Limits{PerAddressTables: 10}.withDefaults()
	table, now := newAddresses(l), time.Unix(1e9, 0)
	kept, no := table.enter(netip.AddrFrom4([4]byte{192, 0, 2, 1}), now)
	if no != admitted {
		t.Fatal(no)
	}
	for i := range 1000 {
		a, no := table.enter(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), now)
		if no != admitted {
			t.Fatal(no)
		}
		table.leave(a)
		if len(table.byAddr) > 10 {
			t.Fatalf("%d addresses are remembered", len(table.byAddr))
		}
	}
	if again, _ := table.enter(netip.AddrFrom4([4]byte{192, 0, 2, 1}), now); again != kept {
		t.Error("an address with a connection was forgotten")
	}
}

// TestAddressLimits: each of the three, and that leaving gives back what it took.
func TestAddressLimits(t *testing.T) {
	now, addr := time.Unix(1e9, 0), netip.AddrFrom4([4]byte{192, 0, 2, 1})
	other := netip.AddrFrom4([4]byte{192, 0, 2, 2})
	table := newAddresses(Limits{AddressDials: 3, AddressClients: 2, Clients: 3}.withDefaults())
	first, _ := table.enter(addr, now)
	_, _ = table.enter(addr, now)
	if _, no := table.enter(addr, now); no != tooManyOfAddress {
		t.Errorf("third connection: %q", no)
	}
	if _, no := table.enter(addr, now); no != tooManyDials {
		t.Errorf("fourth handshake in a second: %q", no)
	}
	table.leave(first)
	if _, no := table.enter(addr, now.Add(time.Second)); no != admitted {
		t.Errorf("after one left: %q", no)
	}
	if _, no := table.enter(other, now); no != admitted {
		t.Errorf("another address: %q", no)
	}
	if _, no := table.enter(other, now); no != tooMany {
		t.Errorf("one more than all: %q", no)
	}
}

// TestOrigins: exactly what is listed, nothing that resembles it.
func TestOrigins(t *testing.T) {
	o := origins{"https://chat.example": true, "http://127.0.0.1:7316": true}
	for _, good := range [][]string{nil, {"https://chat.example"}, {"http://127.0.0.1:7316"}} {
		if !o.allows(good) {
			t.Errorf("%q should be allowed", good)
		}
	}
	for _, bad := range [][]string{
		{"null"},
		{""},
		{"http://chat.example"},
		{"https://chat.example:8443"},
		{"https://chat.example.evil.test"},
		{"https://evilchat.example"},
		{"https://chat.example/"},
		{"https://CHAT.example"},
		{"http://127.0.0.1"},
		{"http://127.0.0.1:73160"},
		{"http://localhost:7316"},
		{"https://x@chat.example"},
		{"https://chat.example", "https://chat.example"},
		{"https://chat.example https://evil.test"},
	} {
		if o.allows(bad) {
			t.Errorf("%q should be refused", bad)
		}
	}
	for _, s := range []string{"", "*", "chat.example", "https://*.example", "https://chat.example/", "https://Chat.example", "https://a@chat.example", "null"} {
		if checkOrigin(s) == nil {
			t.Errorf("%q should be refused as configuration", s)
		}
	}
}

// TestWindowNeverLetsMoreThrough: whatever the times, no period holds more messages than allowed, and a message is
// refused only when the period before it is full.
func TestWindowNeverLetsMoreThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		w := newWindow(limit, time.Second)
		now := time.Unix(1e9, 0)
		var passed []time.Time
		for _, gap := range rapid.SliceOf(rapid.IntRange(0, 400)).Draw(t, "gaps") {
			now = now.Add(time.Duration(gap) * time.Millisecond)
			recent := 0
			for _, p := range passed {
				if now.Sub(p) < time.Second {
					recent++
				}
			}
			if w.allow(now) != (recent < limit) {
				t.Fatalf("%d of %d within the last second: decided otherwise", recent, limit)
			}
			if recent < limit {
				passed = append(passed, now)
			}
		}
	})
}

// TestLogged: nothing that a client chose breaks a line, moves a cursor or fills a disk.
func TestLogged(t *testing.T) {
	for in, want := range map[string]string{
		"plain é": "plain é", "a\r\nlevel=ERROR": "a\uFFFD\uFFFDlevel=ERROR", "\x1b[2J": "\uFFFD[2J", "a\u2028b\u202e": "a\uFFFDb\uFFFD",
		"\xff": "\uFFFD",
	} {
		if got := logged(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := logged(strings.Repeat("é", 1000)); len(got) > maxLogged+len("…") {
		t.Errorf("%d bytes", len(got))
	}
}

// TestEnvelopeAndRequestAgree: what the server writes with a shared type, a client's parser and the server's read back.
func TestEnvelopeAndRequestAgree(t *testing.T) {
	for name, v := range map[string]any{
		chat.TypeChat: chat.Chat{Message: "x\u2028<\""}, chat.TypeBroadcast: chat.Broadcast{Content: "x"}, chat.TypeEcho: chat.Echo{Content: "x"},
		chat.TypePing: chat.Ping{}, chat.TypePresence: chat.Presence{}, chat.TypeHistory: chat.History{Epoch: "e", Offset: 7},
		chat.TypePrivate: chat.Private{TargetID: strings.Repeat("a", chat.IDLength), Message: "x"},
	} {
		b := envelope(name, v)
		if r, errs := parseRequest(b, "id", "ada"); len(errs) > 0 || r.Type != name || !reflect.DeepEqual(r.Value, v) {
			t.Errorf("%s: got %v %v", b, r, errs)
		}
		if !json.Valid(b) || !strings.HasPrefix(string(b), `{"type":"`+name+`"`) {
			t.Errorf("%s", b)
		}
	}
}

// FuzzRequest: any message is answered by errors or understood, never by a crash, and a sender is never the client's choice.
func FuzzRequest(f *testing.F) {
	f.Add(`{"type":"chat","message":"x"}`)
	f.Add(`{"type":"private","targetId":"a","from":1}`)
	f.Fuzz(func(t *testing.T, s string) {
		r, errs := parseRequest([]byte(s), "id", "ada")
		if len(errs) > 0 {
			return
		}
		switch v := r.Value.(type) {
		case chat.Chat:
			if v.From != "" || v.User != "" || v.Message == "" {
				t.Errorf("%+v", v)
			}
		case chat.Private:
			if v.From != "" || !chat.ValidID(v.TargetID) {
				t.Errorf("%+v", v)
			}
		case chat.Broadcast, chat.Echo, chat.Ping, chat.Presence:
		default:
			t.Errorf("no errors and no value: %q", s)
		}
	})
}

// TestMessagePackIsChecked: what is cut short, declares a wrong length or nests too deeply is refused with its position.
func TestMessagePackIsChecked(t *testing.T) {
	deep := strings.Repeat("\x91", maxBinDepth)
	for s, want := range map[string]struct {
		offset int
		err    error
	}{
		"\x01": {}, "\xc0": {}, "\xa1x": {}, "\x81\xa1k\x93\x01\x02\x03": {}, "\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18": {},
		deep + "\x01": {}, "\xc4\x02ab": {}, "\xd9\x01x": {}, "\xdc\x00\x01\x01": {}, "\xdf\x00\x00\x00\x00": {},
		"":                                 {0, codec.ErrTruncated},
		"\x01\x02":                         {1, codec.ErrTrailing},
		"\xa2x":                            {0, codec.ErrTruncated},
		"\xdb\xff\xff\xff":                 {0, codec.ErrTruncated},
		"\xdb\xff\xff\xff\xff":             {0, codec.ErrTruncated},
		"\xdd\xff\xff\xff\xff":             {0, codec.ErrTruncated},
		"\xdf\xff\xff\xff\xff":             {0, codec.ErrTruncated},
		"\x92\x01":                         {0, codec.ErrTruncated},
		"\x91" + deep + "\x01":             {maxBinDepth, codec.ErrTooDeep},
		"\xc9\x00\x00\x00\x02\x01\x00":     {0, codec.ErrTruncated},
		"\xcf\x00\x00\x00\x00\x00\x00\x00": {0, codec.ErrTruncated},
	} {
		_, err := roundTripMsgPack([]byte(s))
		if want.err == nil && err == nil {
			continue
		}
		bad, ok := errors.AsType[*codec.Error](err)
		if !ok || bad.Offset != want.offset || !errors.Is(err, want.err) {
			t.Errorf("% x: got %v, want %v at byte %d", s, err, want.err, want.offset)
		}
	}
	for _, s := range []string{"\xc1", "\x81\x01\x01"} { // a byte that begins no value; a key that is no string
		if _, err := roundTripMsgPack([]byte(s)); err == nil {
			t.Errorf("% x is accepted", s)
		}
	}
}

// FuzzMsgPack: what is accepted costs memory that the bytes justify, and what comes back means the same.
func FuzzMsgPack(f *testing.F) {
	f.Add([]byte("\x81\xa1k\x93\x01\x02\x03"))
	f.Add([]byte("\xd6\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := roundTripMsgPack(b)
		if err != nil {
			return
		}
		again, err := roundTripMsgPack(out)
		if err != nil {
			t.Fatalf("% x became % x, which is refused: %v", b, out, err)
		}
		first, _, _ := msgp.ReadIntfBytes(out)
		second, _, _ := msgp.ReadIntfBytes(again)
		if len(out) != len(again) || !sameKind(first, second) {
			t.Errorf("% x became % x and then % x", b, out, again)
		}
	})
}

// sameKind compares values of which maps have no order and NaN no equal.
func sameKind(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }

// FuzzCBOR: nothing crashes, and what comes back is accepted again.
func FuzzCBOR(f *testing.F) {
	b, _ := cbor.Marshal(map[string]any{"k": []any{1, "x", math.Pi}})
	f.Add(b)
	f.Add([]byte("\x9f\x01\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := roundTripCBOR(b); err == nil {
			if _, err := roundTripCBOR(out); err != nil {
				t.Errorf("% x became % x, which is refused: %v", b, out, err)
			}
		}
	})
}

// TestRevokedTokensAreBounded: expired ones make room, and when there are none, the one that expires first. The file is written again
// before it has twice as many.
func TestRevokedTokensAreBounded(t *testing.T) {
	var r revoked
	now := time.Unix(1e9, 0)
	add := func(token string, expires, now time.Time) {
		if err := r.add(map[string]time.Time{token: expires}, now); err != nil {
			t.Fatal(err)
		}
	}
	for i := range maxRevoked {
		add(strconv.Itoa(i), now.Add(time.Duration(i+1)*time.Second), now)
	}
	if err := r.open(filepath.Join(t.TempDir(), "revoked"), now); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	add("late", now.Add(time.Hour), now)
	if r.has("0") || !r.has("1") || !r.has("late") || len(r.until) != maxRevoked || r.file.lines != maxRevoked+1 {
		t.Errorf("%d tokens, %d in the file; the first to expire is still there: %t", len(r.until), r.file.lines, r.has("0"))
	}
	add("later", now.Add(maxRevoked*time.Second), now.Add(maxRevoked/2*time.Second))
	if r.has("1") || !r.has(strconv.Itoa(maxRevoked-1)) || len(r.until) > maxRevoked/2+2 {
		t.Errorf("%d tokens after half of them have expired", len(r.until))
	}
	r.file.lines = 2 * maxRevoked
	add("last", now.Add(time.Hour*24*365), now.Add(maxRevoked/2*time.Second))
	if text, err := os.ReadFile(r.file.name); err != nil || r.file.lines != len(r.until) || bytes.Count(text, []byte("\n")) != len(r.until)+1 {
		t.Errorf("%d lines for %d tokens, %v", r.file.lines, len(r.until), err)
	}
}
