package pcap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// These tests prove that a capture that lacks packets is read on where frames are found again, that it is said what is missing
// and where, and that no peer is blamed for it.

// gaps are the reports of what is missing, and how connections ended.
func gaps(list []record.Record) (out []string) {
	for _, r := range list {
		if r.Kind == record.KindBroken || r.Kind == record.KindEnd {
			out = append(out, r.Describe())
		}
	}
	return out
}

func TestWhatIsMissingIsReported(t *testing.T) {
	for file, want := range map[string][]string{
		"lost_1460.pcap":           {"broken at byte 12 of in: 1460 bytes are missing in the capture", "end: the client closed the connection"},
		"request_packet_lost.pcap": {"end: the client closed the connection"},
		"snaplen.pcap":             {"end: the client closed the connection"},
		"one_sided_server.pcap":    nil,
		"port_reuse_first_seen_from_server.pcap": {
			"end: the client closed the connection", "end: the client closed the connection",
		},
	} {
		list, _, err := gatherCase(t, file)
		if got := gaps(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q, error %v", file, got, want, err)
		}
	}
}

// TestAHoleIsReported: at its offset, without blame, and what stands behind it is read.
func TestAHoleIsReported(t *testing.T) {
	talk := &talk{r: rand.New(rand.NewPCG(5, 5)), now: 1e18}
	c := talk.connect(1, "198.51.100.7:50001", false)
	for _, text := range []string{"one", "two", "three"} {
		c.send(record.Out, frame.Header{Fin: true, Opcode: frame.Text}, []byte(text))
	}
	packets := unpack(t, pcapng(t, talk.list, segmentSize))
	got, _, err := gather(pcap(t, append(packets[:6:6], packets[7])))
	if err != nil || len(got) != 5 {
		t.Fatal(err, got)
	}
	if b := got[3]; b.Kind != record.KindBroken || b.Dir != record.Out || b.By != record.SideNone || b.Offset != 9 || b.Reason != "9 bytes are missing in the capture" {
		t.Errorf("%+v", b)
	}
	if f := got[4]; f.Offset != 18 || string(f.Payload) != "three" {
		t.Errorf("%+v", f)
	}
}

// TestLostPackets loses some packets of conversations behind their handshakes: what is read are frames that were sent, where
// they were sent and in order, no rule is said to be violated, and every connection ends.
func TestLostPackets(t *testing.T) {
	sent, found := 0, 0
	for seed := range uint64(20) {
		want := conversation(seed, 150)
		packets := unpack(t, pcapng(t, want, []int{segmentSize, 1460, 300}[seed%3]))
		r := rand.New(rand.NewPCG(seed, 3))
		packets = slices.DeleteFunc(packets, func(p raw) bool {
			return len(p.data) > 54+20 && !bytes.Contains(p.data, []byte("HTTP/1.1")) && r.IntN(40) == 0
		})
		got, damage, err := gather(pcap(t, packets))
		if err != nil || len(damage) > 0 {
			t.Fatal(err, damage)
		}
		sent += len(want)
		found += checkLost(t, seed, want, got)
	}
	if found < sent*8/10 {
		t.Errorf("%d of %d records were found", found, sent)
	}
}

func checkLost(t *testing.T, seed uint64, want, got []record.Record) (found int) {
	t.Helper()
	was := map[string]record.Record{}
	ends := 0
	for _, r := range want {
		if r.Kind == record.KindFrame {
			was[fmt.Sprint(r.Conn, r.Dir, r.Offset)] = r
		}
	}
	for _, r := range got {
		switch r.Kind {
		case record.KindEnd:
			ends++
		case record.KindFrame:
			w, ok := was[fmt.Sprint(r.Conn, r.Dir, r.Offset)]
			found++
			if !ok || !reflect.DeepEqual(w.Header, r.Header) || !bytes.HasPrefix(w.Payload, r.Payload) || r.Violations != 0 {
				t.Errorf("seed %d: %s at %d of %s: %v, sent: %v", seed, r.Describe(), r.Offset, r.Dir, r.Violations, w.Header)
			}
		case record.KindBroken:
			if !strings.Contains(r.Reason, "missing in the capture") || r.By != record.SideNone {
				t.Errorf("seed %d: %s", seed, r.Describe())
			}
		case record.KindRequest, record.KindResponse, record.KindClose, record.KindNote, record.KindTransit:
		}
	}
	if ends != 3 {
		t.Errorf("seed %d: %d ends", seed, ends)
	}
	return found
}

var twoEnds = [2]endpoint{netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.0.2:80")}

// exchange makes a capture of a connection whose packets keep lists; segments are what each end says.
func exchange(t *testing.T, keep func(n int) bool, said ...said) []record.Record {
	t.Helper()
	var list []record.Record
	s := newStreams(record.Visitor{Record: func(r *record.Record) error { list = append(list, r.Clone()); return nil }})
	ends := twoEnds
	next := [2]uint32{1<<32 - 100, 5000} // the first one wraps around
	for n, one := range said {
		seg := packet.Segment{From: ends[one.who], To: ends[1-one.who], Seq: next[one.who], Ack: next[1-one.who], ACK: n > 0, Payload: one.payload}
		if one.payload == nil {
			seg.SYN = n < 2
			seg.FIN = n >= 2
			next[one.who]++
		}
		next[one.who] += uint32(len(one.payload))
		if keep(n) {
			if st, who := s.find(&seg); st != nil {
				st.segment(&seg, who, int64(n), 0)
			}
		}
	}
	if err := s.end(); err != nil || s.waiting != 0 {
		t.Errorf("%v, %d bytes are still counted as kept", err, s.waiting)
	}
	return list
}

func textFrame(masked bool, text string) []byte {
	return frame.AppendFrame(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: masked, Key: [4]byte{1, 2, 3, 4}}, []byte(text))
}

// TestHandshakesWithHoles: whatever packets around the handshake are lost, the frames behind it are read.
func TestHandshakesWithHoles(t *testing.T) {
	whole := []said{
		{0, nil},
		{1, nil},
		{0, []byte(request)},
		{1, fmt.Appendf(nil, response, "")},
		{1, textFrame(false, "greeting")},
		{0, textFrame(true, "question")},
		{1, textFrame(false, "answer")},
		{0, textFrame(true, "thanks")},
		{0, nil},
		{1, nil},
	}
	all := []string{"in greeting", "out question", "in answer", "out thanks"}
	for name, c := range map[string]struct {
		lost func(n int) bool
		want []string
	}{
		"nothing":         {func(int) bool { return false }, all},
		"SYN":             {func(n int) bool { return n == 0 }, all},
		"both SYN":        {func(n int) bool { return n < 2 }, all},
		"request":         {func(n int) bool { return n == 2 }, all},
		"answer":          {func(n int) bool { return n == 3 }, all},
		"both":            {func(n int) bool { return n == 2 || n == 3 }, all},
		"server's half":   {func(n int) bool { return whole[n].who == 1 }, []string{"out question", "out thanks"}},
		"its packets":     {func(n int) bool { return whole[n].who == 1 && n > 1 }, []string{"out question", "out thanks"}},
		"client's half":   {func(n int) bool { return whole[n].who == 0 }, []string{"in greeting", "in answer"}},
		"its packets too": {func(n int) bool { return whole[n].who == 0 && n > 0 }, []string{"in greeting", "in answer"}},
		"the last ones":   {func(n int) bool { return n >= 6 }, all[:2]},
	} {
		got := exchange(t, func(n int) bool { return !c.lost(n) }, whole...)
		gotTexts := texts(got)
		slices.Sort(gotTexts)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(gotTexts, want) {
			t.Errorf("%s: got %q, want %q", name, texts(got), c.want)
		}
		checkConnections(t, got, true)
	}
}

// TestFramesAreFoundInsideSegments: a busy sender fills its segments, so that no frame begins where one does.
func TestFramesAreFoundInsideSegments(t *testing.T) {
	var stream []byte
	var want []string
	for i := range 400 {
		want = append(want, fmt.Sprintf("in message %d of a busy sender", i))
		stream = append(stream, textFrame(false, want[i][3:])...)
	}
	talk := []said{{0, nil}, {1, nil}, {0, []byte(request)}, {1, fmt.Appendf(nil, response, "")}}
	for b := range slices.Chunk(stream, 1448) {
		talk = append(talk, said{1, b})
	}
	const lost = 6
	got := exchange(t, func(n int) bool { return n != lost }, talk...)
	found := texts(got)
	for _, text := range found {
		if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w, text) }) {
			t.Errorf("%q was never sent", text)
		}
	}
	if missed := len(want) - len(found); missed < 1 || missed > 1448/25+2 {
		t.Errorf("%d messages are missing: %q", missed, gaps(got))
	}
	checkConnections(t, got, true)
}
