package cli_test

import (
	"strings"
	"testing"
)

// TestWhatIsPassedOverIsSaid: a capture in which nothing can be read says why and what to do, for people and as JSON, and a
// JSON file with that is read again.
func TestWhatIsPassedOverIsSaid(t *testing.T) {
	const name = "../capture/pcap/testdata/cases/dns_over_tcp.pcap"
	got := run(t, ".", "", "show", name)
	if got.code != 0 || got.out != "" || !strings.HasPrefix(got.err, name+": passed over: 1 TCP connection: no WebSocket") {
		t.Errorf("%+v", got)
	}
	asJSON := run(t, ".", "", "show", "-json", name)
	if asJSON.code != 0 || !strings.HasPrefix(asJSON.out, `{"v":1,"omitted":{"reason":"not-websocket","count":1,"unit":"TCP connections",`) || asJSON.err != got.err {
		t.Errorf("%+v", asJSON)
	}
	again := run(t, ".", asJSON.out, "show", "-json", "-")
	if again.code != 0 || again.out != asJSON.out {
		t.Errorf("%+v", again)
	}
}
