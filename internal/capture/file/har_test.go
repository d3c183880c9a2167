package file

import (
	"bytes"
	"encoding/json"
	goflag "flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

var update = goflag.Bool("update", false, "rewrite the golden files")

// TestHARFilesOfOthers: files in the shapes that other programs write become the records that stand in the golden file
// beside each. The shapes are those of Chrome 130, Firefox, mitmproxy's savehar and HTTP Toolkit.
func TestHARFilesOfOthers(t *testing.T) {
	files, _ := filepath.Glob("testdata/har/*.har")
	if len(files) < 4 {
		t.Fatal("the files are gone")
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		records, damage, err := formats[2].gather(file)
		if err != nil {
			t.Fatal(name, err)
		}
		golden(t, strings.TrimSuffix(name, ".har")+".golden", story(records, damage))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || got != string(want) {
		t.Errorf("%s (-update rewrites it): %v\n got %s\nwant %s", name, err, got, want)
	}
}

// story writes records one to a line.
func story(records []record.Record, damage []*record.Damage) string {
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%d #%d %s %s %s %s", r.Seq, r.Conn, r.Source, time.Unix(0, r.Time).UTC().Format("15:04:05.000000"), r.Kind, r.Dir)
		if r.Kind == record.KindFrame {
			fmt.Fprintf(&b, " %s at %d message %d", frame.LogLine("", r.Header), r.Offset, r.Message)
		}
		fmt.Fprintf(&b, " %s %q %d %q clean=%t\n", r.Name, string(r.Head)+string(r.Payload), r.Code, r.Reason, r.Clean)
	}
	for _, d := range damage {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// TestHARKeepsChromesImporter: the rules of Chrome's importer (front_end/models/har/Importer.ts): pages is an array,
// httpVersion is a string, a message has all four keys with the right types, and its type is one of three.
func TestHARKeepsChromesImporter(t *testing.T) {
	var doc struct {
		Log struct {
			Version string
			Pages   []any
			Entries []struct {
				Request, Response struct{ HTTPVersion any }
				Messages          []map[string]any `json:"_webSocketMessages"`
			}
		}
	}
	key := frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: 2, Size: 6}
	records := append(conversation(t),
		record.Record{Seq: 50, Conn: 9, Kind: record.KindFrame, Header: frame.Header{Opcode: frame.Text}, Message: 1, Payload: []byte("o")},
		record.Record{Seq: 51, Conn: 9, Kind: record.KindFrame, Header: frame.Header{Fin: true, Opcode: frame.Ping, Masked: true}},
		record.Record{Seq: 52, Conn: 9, Kind: record.KindFrame, Header: frame.Header{Fin: true}, Message: 1, Final: true, Frames: 2, Payload: []byte("k"), Body: []byte("ok")},
		record.Record{Seq: 53, Conn: 9, Kind: record.KindFrame, Dir: record.In, Header: key, Message: 1, Final: true, Frames: 1, Payload: []byte("<b>\xff")},
		record.Record{Seq: 54, Conn: 9, Kind: record.KindBroken, Dir: record.In, Reason: "lost"})
	file := formats[2].file(t, records)
	if err := json.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Log.Version != "1.2" || doc.Log.Pages == nil || len(doc.Log.Entries) != 2 || !bytes.Contains(file, []byte(`"pages":[]`)) {
		t.Fatalf("%s", file)
	}
	said := ""
	for _, e := range doc.Log.Entries {
		for _, v := range []any{e.Request.HTTPVersion, e.Response.HTTPVersion} {
			if s, ok := v.(string); !ok || s == "" {
				t.Errorf("httpVersion is %v", v)
			}
		}
		for _, m := range e.Messages {
			_, timed := m["time"].(float64)
			_, numbered := m["opcode"].(float64)
			if !timed || !numbered || m["data"] == nil {
				t.Errorf("a message that Chrome skips: %v", m)
			}
			said += fmt.Sprint(m["type"], " ", m["opcode"], " ", m["data"], "\n")
		}
	}
	if want := "send 1 ok\nreceive 1 <b>\uFFFD\nerror -1 lost\n"; !strings.HasSuffix(said, want) {
		t.Errorf("messages:\n%s", said)
	}
}

func TestDamagedHAR(t *testing.T) {
	entry := `{"startedDateTime":"2026-01-31T12:00:01Z","request":{"url":"ws://a/"},"response":{},"_webSocketMessages":[{"type":"send","time":1,"opcode":1,"data":"x"}]}`
	for _, c := range []struct {
		name, file string
		kept       int
		damage     string
		err        error
	}{
		{"not JSON", `hello`, 0, "", ErrNotHAR},
		{"not HAR", `[1]`, 0, "", ErrNotHAR},
		{"no entries", `{"log":{}}`, 0, "", ErrNotHAR},
		{"empty", ``, 0, "", ErrNotHAR},
		{"a byte order mark", "\uFEFF" + `{"log":{"entries":[` + entry + `]}}`, 2, "", nil},
		{"cut", `{"log":{"entries":[` + entry + `,{"start`, 2, "unexpected EOF", nil},
		{"garbage behind an entry", `{"log":{"entries":[` + entry + `!`, 2, "after array element", nil},
		{"a bad type", `{"log":{"entries":[` + strings.Replace(entry, "send", "shout", 1) + `]}}`, 1, `entry 0, _webSocketMessages[0]: its type is "shout"`, nil},
		{"a bad opcode", `{"log":{"entries":[` + strings.Replace(entry, `"opcode":1`, `"opcode":77`, 1) + `]}}`, 1, "its opcode is 77: want 0 to 15", nil},
		{"a bad field", `{"log":{"entries":[7,` + strings.Replace(entry, `"opcode":1`, `"opcode":"1"`, 1) + `]}}`, 2, "entry 0: it is no JSON object", nil},
		{"a bad list", `{"log":{"entries":[` + strings.Replace(entry, `"_webSocketMessages":[`, `"_webSocketMessages":{"a":[]},"_webSocketFrames":null,"x":[`, 1) + `]}}`, 1, "entry 0, _webSocketMessages: it is no JSON list", nil},
		{"nested", `{"log":{"entries":[` + entry + `],"x":` + strings.Repeat("[", 1<<16) + `}}`, 2, "levels deep", nil},
		{"nested messages", `{"log":{"entries":[` + strings.Replace(entry, `"_webSocketMessages":`, `"_webSocketMessages":`+strings.Repeat(`{"a":`, 1<<16), 1) + `]}}`, 1, "levels deep", nil},
		{"cut inside an entry", `{"log":{"entries":[` + entry[:len(entry)-2], 2, "unexpected EOF", nil},
		{"a bad frame of ours", `{"log":{"entries":[{"_webSocketFrames":[{"v":9},` + strings.TrimSpace(string(AppendJSONL(nil, &record.Record{Seq: 3, Kind: record.KindEnd}))) + `]}]}}`, 1, "entry 0, _webSocketFrames[0]", nil},
	} {
		records, damage, err := formats[2].gather([]byte(c.file))
		reported := fmt.Sprint(damage)
		if err != c.err || len(records) != c.kept || !strings.Contains(reported, c.damage) || c.damage == "" && len(damage) > 0 { //nolint:errorlint // exactly that one
			t.Errorf("%s: %d records, %v, damage %s", c.name, len(records), err, reported)
		}
	}
}

// TestAnEntryIsReadElementByElement: what is not kept of an entry is not held either, however long the entry is.
func TestAnEntryIsReadElementByElement(t *testing.T) {
	element := `{"type":"shout","time":1,"opcode":1,"data":"` + strings.Repeat("x", 1<<10) + `"},`
	const times = 64 << 10 // 64 MiB
	list := func() io.Reader { return &repeated{text: element, left: times} }
	file := io.MultiReader(
		strings.NewReader(`{"log":{"entries":[{"other":[`), list(), strings.NewReader(`1],"startedDateTime":"2026-01-31T12:00:01Z","request":{"url":"ws://a/"},"_webSocketMessages":[`),
		list(), strings.NewReader(`{"type":"send","time":1,"opcode":1,"data":"x"}]}]}}`))
	damaged, records, peak := 0, 0, uint64(0)
	err := ReadHAR(file, record.Visitor{
		Record: func(*record.Record) error { records++; return nil },
		Damage: func(*record.Damage) {
			if damaged++; damaged%(4<<10) == 0 {
				runtime.GC() // garbage is not held
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		},
	})
	if err != nil || records != 2 || damaged != times || peak > 32<<20 {
		t.Errorf("%d records, %d damaged, %v; %d MiB of heap at the most", records, damaged, err, peak>>20)
	}
}

// repeated is a text again and again.
type repeated struct {
	text string
	at   int
	left int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		k := copy(p[n:], r.text[r.at:])
		n, r.at = n+k, r.at+k
		if r.at == len(r.text) {
			r.at, r.left = 0, r.left-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
