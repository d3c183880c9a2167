// These tests prove that the benchmark counts whole echoes, and what a client at rest costs.
package main

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/bench/native/drive"
)

// TestMain lets the program start itself, as it does when it measures.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"-client", "-serve"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestMeasuresOurClient: a look at ours and coder/websocket prints every table, and a client at rest has two goroutines of its
// own beside the one that reads.
func TestMeasuresOurClient(t *testing.T) {
	if testing.Short() {
		t.Skip("starts four processes")
	}
	var out strings.Builder
	if err := run(t.Context(), options{reps: 1, short: true}, &out); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "\n  tether "); got != 4 {
		t.Errorf("%d lines of tether, want 4", got)
	}
	if !strings.Contains(out.String(), "goroutines: 3.0: reached") {
		t.Error("a client at rest has more than three goroutines")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// TestAnswersWholeFrames: the echo returns each frame that came whole, unmasked, and leaves the rest.
func TestAnswersWholeFrames(t *testing.T) {
	in := []byte("\x82\x83abcd\x00\x01\x02" + "\x82\xFE\x00\x80abcd" + strings.Repeat("abcd", 32) + "\x82\x83ab")
	out, used := answer(nil, in)
	want := "820361636182" + "7e0080" + strings.Repeat("00", 128)
	if got := hex.EncodeToString(out); got != want || used != len(in)-4 {
		t.Errorf("%s, %d of %d bytes used; want %s", got, used, len(in), want)
	}
	if _, used := answer(nil, []byte("\x82\xFF\x00\x00\x00\x00\x00\x00\x00\x05abcd")); used != 0 {
		t.Errorf("%d bytes of a frame that is not whole were used", used)
	}
}

// TestSaysWhichAimsWereReached: ratios are those of tether to coder/websocket, with the aim on the right side.
func TestSaysWhichAimsWereReached(t *testing.T) {
	s := scenario{job: drive.Job{N: 10}, rate: 1.25, cpu: 0.75, overGorilla: true, memory: 20 << 10, maxGoroutines: 3}
	got := strings.Join(s.verdicts(map[string]figures{
		ours:      {rate: 130, cpu: 8, memory: 21 << 10, goroutines: 3},
		coder:     {rate: 100, cpu: 10},
		"gorilla": {rate: 131},
	}), "\n")
	want := "messages/s ≥ 1.25 × coder/websocket: 1.30: reached\nCPU ≤ 0.75 × coder/websocket: 0.80: NOT reached\n" +
		"more messages/s than gorilla: 0.99: NOT reached\nidle client ≤ 20 KiB: 21.0: NOT reached\nidle client ≤ 3 goroutines: 3.0: reached"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
