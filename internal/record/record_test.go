package record

import (
	"testing"
)

// These tests prove that kinds, directions and sides have the names that people and files see.

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		KindRequest.String(): "request", KindResponse.String(): "response", KindFrame.String(): "frame",
		KindClose.String(): "close", KindEnd.String(): "end", KindBroken.String(): "broken", Kind(99).String(): "unknown",
		Out.String(): "out", In.String(): "in",
		SideNone.String(): "none", SideClient.String(): "client", SideServer.String(): "server",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBytesAreWhatTheApplicationGot(t *testing.T) {
	plain := Record{Payload: []byte("as it came")}
	inflated := Record{Payload: []byte("zip"), Body: []byte("inflated")}
	empty := Record{Payload: []byte{0}, Body: []byte{}}
	for want, r := range map[string]Record{"as it came": plain, "inflated": inflated, "": empty} {
		if got := string(r.Bytes()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
