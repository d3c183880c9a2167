package pcap

import (
	"errors"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

// TestWhatWasNotKept: a payload that was cut at the snap length is filled with zeros, so that what follows is found.
func TestWhatWasNotKept(t *testing.T) {
	list := conversation(3, 40)
	var want []record.Record
	cut := 0
	for i := range list {
		if r := &list[i]; len(r.Payload) > 10 && r.Header.Opcode == frame.Binary {
			r.Payload = r.Payload[:10]
			cut++
		}
		want = append(want, list[i])
	}
	got, damage, err := gather(pcapng(t, want, segmentSize))
	if err != nil || len(damage) > 0 || len(got) != len(want) || cut == 0 {
		t.Errorf("%d records of %d, %d cut: %v, %v", len(got), len(want), cut, err, damage)
	}
}

func TestACutFileKeepsWhatIsBefore(t *testing.T) {
	want := conversation(4, 10)
	file := pcapng(t, want, segmentSize)
	for n := 0; n < len(file); n += 61 {
		got, damage, err := gather(file[:n])
		if n < 4 && errors.Is(err, ErrNotPcap) {
			continue
		}
		if err != nil || len(damage) > 1 || len(got) > len(want) {
			t.Fatalf("cut at %d: %v, %v, %d records", n, err, damage, len(got))
		}
	}
}

// A legal text that was cut at any byte is legal text in the file as well, in one frame and in the first of two; its kept
// bytes stay as they are.
func TestATextCutInsideACharacterStaysText(t *testing.T) {
	whole := "aé€😀\ud7fb\U0010ffff\u0800\U00010000z"
	for cut := range len(whole) {
		for _, fin := range [...]bool{true, false} {
			size := uint64(len(whole))
			first := record.Record{Time: 1, Conn: 1, Kind: record.KindFrame, Dir: record.In, Payload: []byte(whole[:cut])}
			first.Header = frame.Header{Opcode: frame.Text, Fin: fin, Length: size, Size: 2}
			list := []record.Record{first}
			if !fin {
				last := first
				last.Header.Opcode, last.Header.Fin, last.Payload = frame.Continuation, true, []byte(whole)
				list = append(list, last)
			}
			got, damage, err := gather(pcapng(t, list, segmentSize))
			if err != nil || len(damage) > 0 {
				t.Fatal(err, damage)
			}
			frames := 0
			for _, r := range got {
				if r.Kind != record.KindFrame {
					continue
				}
				if frames++; frames == 1 && !strings.HasPrefix(string(r.Payload), whole[:cut]) || r.Violations != 0 {
					t.Errorf("cut at %d, fin %t: %q with %v", cut, fin, r.Payload, r.Violations)
				}
			}
			if frames != len(list) {
				t.Errorf("cut at %d, fin %t: %d frames", cut, fin, frames)
			}
		}
	}
}
