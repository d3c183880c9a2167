package controller

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/file"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/recordtest"
	"github.com/tetherscope/tetherscope/panel/model"
)

// These tests prove that files that are opened at once are one capture.

func opened(t *testing.T, names ...string) File {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(names...))
	if err != nil {
		t.Fatal(err)
	}
	return File{Name: names[len(names)-1], Size: int64(len(b)), Reader: bytes.NewReader(b)}
}

// TestFilesThatAreOpenedTogether: a HAR file has the messages of the file that it names, which is not read twice, and
// other captures follow with connections of their own. What is wrong with one costs no other.
func TestFilesThatAreOpenedTogether(t *testing.T) {
	const cases = "../../internal/capture/file/testdata/cases"
	c, _, _ := newTest()
	c.Open(opened(t, cases, "sorted-keys.jsonl.txt"), opened(t, cases, "0a1b2c3d.jsonl"), opened(t, cases, "playwright_attach.har"),
		File{Name: "noise.bin", Reader: strings.NewReader("\xff\x00\x07 no capture")})
	v := c.Snapshot().File
	if v.Name != "sorted-keys.jsonl.txt and 3 other files" || !v.Done || v.Problem != "" || v.Percent != 100 {
		t.Errorf("%+v", v)
	}
	if len(v.Damage) != 1 || !strings.Contains(v.Damage[0], "noise.bin: ") {
		t.Errorf("damage %q", v.Damage)
	}
	texts, conns := "", map[uint32]bool{}
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.model.Records(func(r *record.Record) error {
		conns[r.Conn] = true
		if r.Kind == record.KindFrame && !r.Header.Opcode.IsControl() {
			texts += string(r.Payload) + " "
		}
		return nil
	})
	if texts != "hi \x00\x01\x02 hello hello back " || len(conns) != 2 || err != nil {
		t.Errorf("%q on %d connections, %v", texts, len(conns), err)
	}
}

// TestAPartOfARecording: the files of one recording are in order, and their connections are the same.
func TestAPartOfARecording(t *testing.T) {
	part := func(name string, seq uint64) File {
		var b bytes.Buffer
		w := file.NewWriter(&b)
		r := record.Record{Seq: seq, Time: int64(seq), Conn: 4, Kind: record.KindEnd}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return File{Name: name, Size: int64(b.Len()), Reader: &b}
	}
	c, _, _ := newTest()
	c.Open(part("today-10.tscap", 30), part("today-2.tscap", 20), part("today.tscap", 10))
	var got []uint64
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.model.Records(func(r *record.Record) error {
		got = append(got, r.Seq, uint64(r.Conn))
		return nil
	})
	if want := []uint64{10, 4, 20, 4, 30, 4}; err != nil || len(got) != len(want) || got[0] != 10 || got[2] != 20 || got[4] != 30 || got[5] != 4 {
		t.Errorf("got %v, want %v, %v", got, want, err)
	}
}

// TestKeyLogs: a TLS key log decrypts the capture that it is opened with, the one that is shown, and the one that is opened later; alone, it says
// what it waits for.
func TestKeyLogs(t *testing.T) {
	both, err := os.ReadFile("../../internal/capture/pcap/testdata/cases/wss-dsb.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	const head, block = 0x6c, 0x3f4 // of the file, and the one behind it, which has the secrets
	packets, log := slices.Concat(both[:head], both[head+block:]), both[head+16:head+block-4]
	capture := func() File {
		again := func() io.Reader { return bytes.NewReader(packets) }
		return File{Name: "wss.pcapng", Size: int64(len(packets)), Reader: again(), Again: again}
	}
	keys := func() File { return File{Name: "keys.txt", Size: int64(len(log)), Reader: bytes.NewReader(log)} }
	for name, opens := range map[string][][]File{
		"together": {{capture(), keys()}}, "behind": {{capture()}, {keys()}}, "before": {{keys()}, {capture()}},
	} {
		c, _, _ := newTest()
		for _, files := range opens {
			c.Open(files...)
		}
		var frames int
		c.mu.Lock()
		err := c.model.Records(func(r *record.Record) error {
			if r.Kind == record.KindFrame {
				frames++
			}
			return nil
		})
		c.mu.Unlock()
		if v := c.Snapshot().File; err != nil || frames != 4 || v.Name != "wss.pcapng" || v.Problem != "" || v.Percent != 100 || len(v.Omitted) != 0 {
			t.Errorf("%s: %d frames, %v, %+v", name, frames, err, v)
		}
	}
	c, _, _ := newTest()
	c.Open(keys())
	if v := c.Snapshot(); v.File.Open || !strings.Contains(v.Note, "open the capture that they belong to") {
		t.Errorf("alone: %q %+v", v.Note, v.File)
	}
	c.Open(File{Name: "keys.txt", Reader: strings.NewReader("CLIENT_RANDOM xx yy\n")})
	if v := c.Snapshot().File; !strings.Contains(v.Problem, "keys.txt: not a TLS key log") {
		t.Errorf("a damaged one: %+v", v)
	}
}

// TestAnOpenedHARIsAsTheLiveCapture: its connections have the names and states of a live capture, and what is shown
// and saved of it has no credentials.
func TestAnOpenedHARIsAsTheLiveCapture(t *testing.T) {
	c, page, _ := newTest()
	har := `{"log":{"version":"1.2","entries":[{"_resourceType":"websocket","startedDateTime":"2026-01-31T12:00:01Z","time":2000,
		"request":{"method":"GET","url":"wss://api.test/live?access_token=s3cret-1","httpVersion":"HTTP/1.1","headers":[{"name":"Host","value":"api.test"},{"name":"Cookie","value":"sid=s3cret-2"},{"name":"Authorization","value":"Bearer s3cret-3"}]},
		"response":{"status":101,"statusText":"Switching Protocols","httpVersion":"HTTP/1.1","headers":[{"name":"Upgrade","value":"websocket"}]},
		"_webSocketMessages":[{"type":"send","time":1769860801.25,"opcode":1,"data":"Hello"},{"type":"receive","time":1769860802,"opcode":8,"data":"A+g="}]}]}}`
	c.Open(File{Name: "chrome.har", Size: int64(len(har)), Reader: strings.NewReader(har)})
	s := c.Snapshot()
	if len(s.Conns) != 1 || s.File.Problem != "" {
		t.Fatalf("%d connections, %+v", len(s.Conns), s.File)
	}
	if k := s.Conns[0]; !strings.HasPrefix(k.Called(), "/live?access_token=[hidden]") || k.Beside != "wss://api.test" || k.State == model.Connecting {
		t.Errorf("called %q, beside %q, %v", k.Called(), k.Beside, k.State)
	}
	for _, format := range []string{"jsonl", "har", "pcapng", "tscap", "csv"} {
		c.save(format)
		if len(page.saved) == 0 || bytes.Contains(page.saved, []byte("s3cret")) {
			t.Errorf("%s: %d bytes, with credentials: %v", format, len(page.saved), bytes.Contains(page.saved, []byte("s3cret")))
		}
		page.saved = nil
	}
}

// TestCredentialsOfAFileAreShownOnDemand: they are hidden at first, shown and hidden again by the switch, and hidden in the next file; the
// selected record stays, and what is saved has none.
func TestCredentialsOfAFileAreShownOnDemand(t *testing.T) {
	list := recordtest.Secretive()
	var b bytes.Buffer
	w := file.NewJSONLWriter(&b)
	for i := range list {
		list[i].Seq = uint64(i + 1)
		if err := w.Write(&list[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again := func() io.Reader { return bytes.NewReader(b.Bytes()) }
	capture := File{Name: "a.jsonl", Size: int64(b.Len()), Reader: again(), Again: again}
	c, page, _ := newTest()
	leak := func() string {
		c.mu.Lock()
		defer c.mu.Unlock()
		var all strings.Builder
		_ = c.model.Records(func(r *record.Record) error {
			fmt.Fprintf(&all, "%s %s %s %s %s\n", r.Head, r.Name, r.Remote, r.Reason, r.Reached.Address)
			return nil
		})
		return recordtest.Leak(all.String())
	}
	c.Open(capture)
	c.Do(Update{model.Seek{Seq: 2}})
	if s := c.Snapshot(); !s.File.Secrets || s.ShowSecrets || leak() != "" {
		t.Fatalf("at first: credentials %v, shown %v, %q", s.File.Secrets, s.ShowSecrets, leak())
	}
	for range 2 {
		c.Do(ToggleCredentials{})
		await.Until(t, "the file is read again", func() bool {
			s := c.Snapshot()
			return s.File.Done && s.Detail.Seq == 2 && (leak() != "") == s.ShowSecrets
		})
		if c.save("jsonl"); recordtest.Leak(string(page.saved)) != "" {
			t.Errorf("saved while shown is %v: %q", c.Snapshot().ShowSecrets, recordtest.Leak(string(page.saved)))
		}
	}
	c.Do(ToggleCredentials{})
	await.Until(t, "credentials are shown", func() bool { return leak() != "" })
	capture.Reader = again()
	if c.Open(capture); c.Snapshot().ShowSecrets || leak() != "" {
		t.Errorf("the next file shows %q", leak())
	}
}

// TestFilesKeepTheirNames: connections of captures that are opened together keep the names of their files, and a filter finds them by these.
func TestFilesKeepTheirNames(t *testing.T) {
	const cases = "../../internal/capture/file/testdata/cases"
	c, _, _ := newTest()
	c.Open(opened(t, cases, "sorted-keys.jsonl.txt"), opened(t, cases, "playwright_attach.har"), opened(t, cases, "0a1b2c3d.jsonl"))
	var names []string
	for _, k := range c.Snapshot().Conns {
		names = append(names, k.File)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "playwright_attach.har sorted-keys.jsonl.txt" {
		t.Error(got)
	}
	for query, want := range map[string]int{"file:playwright op:text": 1, "file:sorted op:text,binary": 2, "file:elsewhere": 0, "file": 6} {
		c.Filter(query+" kind:frame", 0)
		for more := true; more; {
			_, _, _, more = c.Frame(func() bool { return false })
		}
		if got := c.Snapshot().Total; got != want {
			t.Errorf("%s: %d rows, want %d", query, got, want)
		}
	}
	c.Open(opened(t, cases, "sorted-keys.jsonl.txt"))
	if k := c.Snapshot().Conns[0]; k.File != "" {
		t.Errorf("a single file is named %s at its connections", k.File)
	}
}
