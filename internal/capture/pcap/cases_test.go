package pcap

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// talkFrames are the data frames of the made captures that hold one whole conversation.
var talkFrames = []string{"out hello", "in hello back"}

// cases are captures that were once read wrongly, and the data frames that each holds.
var cases = []struct {
	file string
	want []string
}{
	{"wss-dsb.pcapng", []string{"in hello from tls", "out secret hi"}},
	{"h2-extended-connect.pcap", []string{"out over h2", "in h2 answer"}},
	{"dns_over_tcp.pcap", nil},
	{"docker_attach_stdout.pcap", nil},
	{"midstream.pcap", talkFrames},
	{"keepalive_get.pcap", talkFrames},
	{"keepalive_post.pcap", talkFrames},
	{"connect_proxy.pcap", talkFrames},
	{"early_hints.pcap", talkFrames},
	{"bare_lf.pcap", talkFrames},
	{"upgrade_list.pcap", talkFrames},
	{"absolute_uri.pcap", talkFrames},
	{"starts_with_101.pcap", []string{"in push 1", "in push 2", "out ack", "in push 3"}},
	{"tso_65k.pcap", []string{"in " + strings.Repeat("x", 70_000), "out hello", "in hello back"}},
	{"x_webkit_deflate_frame.pcap", []string{"out \xcaH\xcd\xc9\xc9\xcf\xc0B\x00\x00", "in \xcaH\xcd\xc9\xc9WHJL\xce\xce \x92\x05\x00", "out \xc2I\x00\x00"}},
	{"link-sll2vlan.pcap", talkFrames},
	{"link-pktap.pcap", talkFrames},
	{"link-ppp.pcap", talkFrames},
	{"link-mpls.pcap", talkFrames},
	{"link-llcsnap.pcap", talkFrames},
	{"link-radiotap.pcap", talkFrames},
	{"ipv6_atomic_fragment.pcap", talkFrames},
	{"one_sided_server.pcap", []string{"in only server side", "in again"}},
	{"request_packet_lost.pcap", []string{"in push 1", "out q", "in push 2"}},
	{"port_reuse_first_seen_from_server.pcap", []string{"in mid", "out mid out", "out hello", "in hello back"}},
	{"snaplen.pcap", []string{"in " + strings.Repeat("x", 142), "in after", "out hello", "in hello back"}},
	{"lost_1460.pcap", lost1460()},
	{"midstream_pmd_context.pcap", []string{
		"in *!^\xa9Bbzbf\x1e\x00", "out plain", "in plain in", "in J\xcd+\xc9,J\u0369T\xc8K-W(I\xad(Q\xa8\xaa\xac\x00\x00",
	}},
}

// lost1460 are the messages of a capture that lacks a segment of other ones.
func lost1460() (want []string) {
	for i := range 40 {
		want = append(want, fmt.Sprintf("in m%d", i))
	}
	return want
}

// TestCases proves that every case is read right, and that nothing in it is called a violation.
func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			list, damage, err := gatherCase(t, c.file)
			if err != nil || len(damage) > 0 {
				t.Fatal(err, damage)
			}
			if got := texts(list); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			checkConnections(t, list, c.want != nil)
		})
	}
}

func gatherCase(t *testing.T, file string) ([]record.Record, []*record.Damage, error) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "cases", file))
	if err != nil {
		t.Fatal(err)
	}
	return gather(b)
}

// texts are the data frames of a capture.
func texts(list []record.Record) (out []string) {
	for _, r := range list {
		if r.Kind == record.KindFrame && !r.Header.Opcode.IsControl() {
			out = append(out, strings.ToLower(fmt.Sprint(r.Dir))+" "+string(r.Bytes()))
		}
	}
	return out
}

// checkConnections checks that there is a connection or none, and that no frame violates a rule. The cases repeat a masking key.
func checkConnections(t *testing.T, list []record.Record, some bool) {
	t.Helper()
	if (len(list) > 0) != some {
		t.Errorf("%d records", len(list))
	}
	for _, r := range list {
		if v := r.Violations &^ frame.RepeatedKey; v != 0 {
			t.Errorf("record %d: %v", r.Seq, v)
		}
	}
}
