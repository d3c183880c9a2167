package pcap

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// marked gives frames and ends of a conversation marks, some several.
func marked(seed uint64, n int) []record.Record {
	list := conversation(seed, n)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for i := range list {
		if k := list[i].Kind; k == record.KindFrame && list[i].Header.Opcode != frame.Close || k == record.KindEnd {
			if rnd.IntN(3) == 0 {
				for range 1 + rnd.IntN(2) {
					list[i].Marks |= 1 << rnd.IntN(8)
				}
			}
		}
	}
	return list
}

// TestMarksComeBack: what this program did to a frame or to a connection stands in the comments of its packets.
func TestMarksComeBack(t *testing.T) {
	for _, segment := range []int{segmentSize, 100, 7} {
		want := marked(3, 60)
		got, damage, err := gather(pcapng(t, want, segment))
		if err != nil || len(damage) > 0 {
			t.Fatal(err, damage)
		}
		same(t, want, got)
	}
}

// TestAnInjectedCloseComesBack: its mark is also that of the closing handshake, which no packet shows.
func TestAnInjectedCloseComesBack(t *testing.T) {
	list := conversation(3, 60)
	for i := range list {
		if list[i].Kind == record.KindClose || list[i].Kind == record.KindFrame && list[i].Header.Opcode == frame.Close {
			list[i].Marks = record.Injected
		}
	}
	got, _, err := gather(pcapng(t, list, segmentSize))
	if err != nil {
		t.Fatal(err)
	}
	same(t, list, got)
}

// TestWiresharkShowsMarks: as comments of packets, by which it can be asked for them.
func TestWiresharkShowsMarks(t *testing.T) {
	list := marked(4, 200)
	file := filepath.Join(t.TempDir(), "a.pcapng")
	if err := os.WriteFile(file, pcapng(t, list, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("TETHERSCOPE_REQUIRE_TOOLS") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "-n", "-r", file, "-Y", `websocket && frame.comment contains "tetherscope:"`, "-T", "fields", "-e", "frame.comment").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range list {
		if r.Kind == record.KindFrame && r.Marks != 0 {
			want = append(want, "tetherscope: "+r.Marks.String())
		}
	}
	if got := strings.Split(strings.TrimSpace(string(out)), "\n"); len(want) < 20 || !reflect.DeepEqual(got, want) {
		t.Errorf("tshark shows %d comments, want %d:\n%.1000s", len(got), len(want), out)
	}
}
