package server

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// TestAConnectionNamesItsProgram: the record of a handshake says which process asked for it, where the system tells.
func TestAConnectionNamesItsProgram(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("programs are known on Linux only")
	}
	s := start(t, nil)
	sub := s.subscribe(t)
	s.open(t, "/ws/echo")
	want := record.Program{PID: uint32(os.Getpid()), Name: filepath.Base(os.Args[0])}
	sub.batches(func(_ record.Batch, r *record.Record) bool {
		if r.Kind == record.KindRequest && r.Program != want {
			t.Errorf("the program is %v, want %v", r.Program, want)
		}
		return r.Kind != record.KindRequest
	})
}
