// These tests prove that a run of files holds every batch once and in order, none larger than its limit unless one batch is,
// and that a file that is there stays as it was.
package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// batch makes a batch of n notes that begins at a number, with missed records before it.
func batch(first, n, missed uint64) []byte {
	b := record.AppendBatch(nil, record.Batch{First: first, Count: n, Missed: missed})
	for i := range n {
		b = record.AppendRecord(b, &record.Record{Kind: record.KindNote, Time: int64(first + i), Name: "n", Reason: strings.Repeat("x", 50)})
	}
	return b
}

func TestFilesFollowOneAnother(t *testing.T) {
	dir := t.TempDir()
	var said strings.Builder
	f := &Recording{Name: filepath.Join(dir, "a.tscap"), Limit: 1000, Report: func(format string, args ...any) { fmt.Fprintf(&said, format, args...) }}
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	next := uint64(1)
	for i := range uint64(12) {
		missed := uint64(0)
		if i == 6 {
			missed, next = 5, next+5
		}
		n := 1 + i*3%20 // the largest does not fit a file
		if err := f.Write(append(make([]byte, BlockHead), batch(next, n, missed)...)); err != nil {
			t.Fatal(err)
		}
		next += n
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	last, count := uint64(0), uint64(0)
	for i, name := range f.Names() {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := 0
		err = Read(bytes.NewReader(b), record.Visitor{
			Record: func(r *record.Record) error {
				if r.Seq <= last {
					t.Errorf("%s: record %d after %d", name, r.Seq, last)
				}
				last = r.Seq
				count, blocks = count+1, blocks+1
				return nil
			},
			Damage: func(d *record.Damage) { t.Errorf("%s: %v", name, d) },
		})
		if err != nil || blocks == 0 {
			t.Errorf("%s: %d records, %v", name, blocks, err)
		}
		if want := fmt.Sprintf("a-%d.tscap", i+1); i > 0 && filepath.Base(name) != want {
			t.Errorf("file %d is %s", i+1, name)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() > 2000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if len(f.Names()) < 3 || last != next-1 || count != f.Records() || count != next-1-5 {
		t.Errorf("%d files, last %d of %d, %d records, counted %d", len(f.Names()), last, next-1, count, f.Records())
	}
	if !strings.HasPrefix(said.String(), "5 records before number ") {
		t.Errorf("the gap is reported as %q", said.String())
	}
}

func TestAFileThatIsThereStays(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.tscap")
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if err := (&Recording{Name: name}).Open(); !errors.As(err, &exists) || !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "mine" {
		t.Errorf("it holds %q now", b)
	}
	f := &Recording{Name: name, Force: true}
	if err := errors.Join(f.Open(), f.Close()); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(name); string(b) != string(AppendHeader(nil)) {
		t.Errorf("replaced, it holds %q", b)
	}
}

func TestWhatIsNoBatchIsNotWritten(t *testing.T) {
	f := &Recording{Name: filepath.Join(t.TempDir(), "a.tscap")}
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	var malformed *record.Error
	if err := f.Write([]byte("12345678\xff")); !errors.As(err, &malformed) {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "3": 3 << 20, "100MiB": 100 << 20, "3KiB": 3 << 10, "2GiB": 2 << 30} {
		var s Size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%s is %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "-1", "1MB", "1.5GiB", "99999999999GiB", "MiB"} {
		var s Size
		if s.Set(text) == nil {
			t.Errorf("%q is %d", text, s)
		}
	}
}
