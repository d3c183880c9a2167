package proxy

import (
	"errors"
	"net/netip"
	"testing"
)

// TestPublicAddresses: what is on the internet, and what only this machine or its network reaches.
func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "::ffff:93.184.216.34": true,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"fe80::1": false, "fd00::1": false, "100.64.0.1": false, "::ffff:10.0.0.1": false, "224.0.0.1": false,
	} {
		if public(netip.MustParseAddr(text)) != want {
			t.Errorf("%s: %t", text, !want)
		}
	}
}

// TestATargetDoesNotMoveInside: once its name has led to a public address, no private one is dialled; before that, and public ones, are.
func TestATargetDoesNotMoveInside(t *testing.T) {
	p := New(Target{Name: "x", Scheme: "http", Host: "x.test"}, Options{})
	t.Cleanup(func() { p.Close(t.Context()) })
	dial := func(address string) error { return p.options.permitted(t.Context(), "tcp", address, nil) }
	if err := dial("10.0.0.1:80"); err != nil {
		t.Error("a target of a private network is refused:", err)
	}
	p.options.public.Store(true)
	for address, want := range map[string]error{"10.0.0.1:80": ErrMoved, "127.0.0.1:80": ErrMoved, "[::1]:80": ErrMoved, "169.254.169.254:80": ErrMoved, "93.184.216.35:80": nil} {
		if err := dial(address); !errors.Is(err, want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
