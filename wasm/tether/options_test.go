// These tests prove that a client which could not work is refused when it is made, and that the error says why.
package tether

import (
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	const good = "ws://host/path"
	for _, test := range []struct {
		url    string
		option Option
		want   string
	}{
		{"ws://host/with space", nil, "white space"},
		{"ws://host/#top", nil, "fragment"},
		{"ftp://host/", nil, `the scheme "ftp"`},
		{"ws:///path", nil, "no host"},
		{"", nil, "is empty"},
		{good, WithSubprotocols(""), "empty"},
		{good, WithSubprotocols("a b"), "not a token"},
		{good, WithSubprotocols("žluť"), "not a token"},
		{good, WithSubprotocols("a", "a"), "twice"},
		{good, WithConnectTimeout(0), "got 0s"},
		{good, WithCloseTimeout(-time.Second), "got -1s"},
		{good, WithBackoff(Backoff{Factor: 0.1}), "Factor"},
		{good, WithDecide(nil), "nil"},
		{good, WithEndpoint(nil), "nil"},
		{good, WithOutbox(Limits{Messages: -1}, OverflowBlock), "negative"},
		{good, WithOutbox(Limits{}, 17), "policy"},
		{good, WithInbox(Limits{Bytes: -1}), "negative"},
		{good, WithMaxMessage(0), "positive"},
		{good, WithSendBuffer(-1), "positive"},
	} {
		var opts []Option
		if test.option != nil {
			opts = append(opts, test.option)
		}
		_, err := New(test.url, codec.Raw(), opts...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.url, err, test.want)
		}
	}
	if _, err := New[codec.Message, codec.Message](good, nil); err == nil {
		t.Error("a nil codec is accepted")
	}
}

func TestNewAcceptsWhatWorks(t *testing.T) {
	for _, url := range []string{"ws://h", "WSS://h:1/p?q=1", "http://h", "https://[::1]:8/"} {
		if _, err := New(url, codec.Raw(), WithSubprotocols("a", "b.c")); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
