package controller

import "testing"

// TestLivePackets: the panel shows what the server's live capture has passed over, asks again while it goes on, and not beside a file.
func TestLivePackets(t *testing.T) {
	c, _, client := newTest()
	client.answers["GET /api/packets"] = `{"source":"","ended":false,"omitted":[]}`
	c.SetControl(client)
	if v := c.Snapshot().Packets; v.Source != "" || client.tick != nil {
		t.Errorf("without a capture: %+v", v)
	}
	client.answers["GET /api/packets"] = `{"source":"tcpdump on lo","ended":false,"omitted":[{"reason":"tls","count":1,"unit":"TCP connections","text":"no keys","advice":"give them"}]}`
	c.SetControl(client)
	if v := c.Snapshot().Packets; v.Source != "tcpdump on lo" || v.Ended || len(v.Omitted) != 1 || v.Omitted[0] != "1 TCP connection: no keys — give them" {
		t.Errorf("%+v", v)
	}
	client.answers["GET /api/packets"] = `{"source":"tcpdump on lo","ended":true,"omitted":[]}`
	client.tick()
	if v := c.Snapshot().Packets; !v.Ended || len(v.Omitted) != 0 || client.tick != nil {
		t.Errorf("at the end: %+v", v)
	}
	c.Open(opened(t, "../../internal/capture/file/testdata/cases", "bom.jsonl"))
	if v := c.Snapshot(); v.Packets.Source != "" || !v.File.Open {
		t.Errorf("beside a file: %+v", v.Packets)
	}
}
