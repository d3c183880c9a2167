package file

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

const caseDay = "2024-01-02T03:04:05.678Z"

// cases are files that were once read wrongly or not at all, the messages that each holds, and how many reports of damage.
var cases = []struct {
	file   string
	want   []string
	damage int
}{
	{"one_good_one_iso.har", []string{"1 out text fine .7", "2 out text iso .7", "3 out text fine .7"}, 0},
	{"close_iso.har", []string{"1 out text fine .7"}, 0},
	{"no_opcode.har", []string{"1 out text hi .7", "1 in text noop .7"}, 0},
	{"opcode_string.har", []string{"1 out text hi .7", "1 in text ok .7"}, 0},
	{"time_relative.har", []string{"1 out text hi 1.178", "1 in text x 1.928"}, 0},
	{"bom.jsonl", []string{"1 out text hello", "1 in text hello back"}, 0},
	{"sorted-keys.jsonl.txt", []string{"1 out text hello", "1 in text hello back"}, 0},
	{"utf16le.har", []string{"1 out text line1\r\nline2 .7", `1 in text {"a":1} .7`}, 0},
	{"playwright_attach.har", []string{"1 out text hi .7", "1 in binary \x00\x01\x02 .8"}, 0},
	{"eth.pcap.gz", []string{"1 out text hello", "1 in text hello back"}, 0},
}

// TestCases proves that every case is read right.
func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "cases", c.file))
			if err != nil {
				t.Fatal(err)
			}
			got, damage := messages(t, b, c.file)
			if !slices.Equal(got, c.want) && !slices.Equal(withoutTimes(got), c.want) || len(damage) != c.damage {
				t.Errorf("got %q and damage %v, want %q", got, damage, c.want)
			}
		})
	}
}

// messages reads a file and returns its data messages.
func messages(t *testing.T, b []byte, name string) (out []string, damage []*record.Damage) {
	t.Helper()
	begin, _ := time.Parse(time.RFC3339, "2024-01-02T03:04:05Z")
	beside := func(name string) (io.ReadCloser, error) { return os.Open(filepath.Join("testdata", "cases", name)) }
	err := ReadAnyWith(bytes.NewReader(b), name, Options{Beside: beside}, record.Visitor{
		Record: func(r *record.Record) error {
			if r.Kind != record.KindFrame || r.Header.Opcode.IsControl() {
				return nil
			}
			since := strings.TrimPrefix(fmt.Sprintf("%g", float64((r.Time-begin.UnixNano())/1e6)/1000), "0")
			out = append(out, fmt.Sprintf("%d %s %s %s %s", r.Conn, r.Dir, r.Header.Opcode, r.Payload, strings.TrimPrefix(since, "5")))
			return nil
		},
		Damage: func(d *record.Damage) { damage = append(damage, d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, damage
}

func withoutTimes(list []string) (out []string) {
	for _, s := range list {
		out = append(out, s[:strings.LastIndexByte(s, ' ')])
	}
	return out
}

// TestAttachedMessages: those of a file that is not there, or elsewhere, are reported; a line that cannot be read costs itself.
func TestAttachedMessages(t *testing.T) {
	for name, want := range map[string]string{
		"0a1b2c3d.jsonl":   "",
		"missing.jsonl":    "which is not there: put it beside the HAR file",
		"../har_test.go":   "only files beside the HAR file are",
		`C:\\autoexec.bat`: "only files beside the HAR file are",
		"no_opcode.har":    "line 1 of no_opcode.har: its type is",
	} {
		har := `{"log":{"entries":[{"startedDateTime":"` + caseDay + `","request":{"url":"wss://a/ws"},"response":{"content":{"_file":"` + name + `"}}}]}}`
		_, damage := messages(t, []byte(har), "a.har")
		if got := fmt.Sprint(damage); want == "" && len(damage) > 0 || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %v", name, damage)
		}
	}
}

// TestSeveralDocuments: HAR documents one after the other are one capture; what is none is reported.
func TestSeveralDocuments(t *testing.T) {
	one := func(text string) string {
		return `{"log":{"entries":[{"startedDateTime":"` + caseDay + `","request":{"url":"wss://a/ws"},"_webSocketMessages":[{"type":"send","time":0.022,"opcode":1,"data":"` + text + `"}]}]}}`
	}
	got, damage := messages(t, []byte(one("a")+"\n"+one("b")+one("c")), "a.har")
	if want := []string{"1 out text a .7", "2 out text b .7", "3 out text c .7"}; !slices.Equal(got, want) || len(damage) > 0 {
		t.Errorf("got %q, damage %v", got, damage)
	}
	got, damage = messages(t, []byte(one("a")+"[1]"), "a.har")
	if len(got) != 1 || len(damage) != 1 {
		t.Errorf("got %q, damage %v", got, damage)
	}
}

// TestHARSaysWhatIsCut: a message of which the capture has only the beginning says how much is missing.
func TestHARSaysWhatIsCut(t *testing.T) {
	r := record.Record{Seq: 1, Time: 1e18, Conn: 1, Kind: record.KindFrame, Message: 1, Final: true, Frames: 1, Wire: 9, Inflated: 9, Payload: []byte("begi")}
	r.Header = frame.Header{Fin: true, Opcode: frame.Text, Length: 9, Size: 2}
	if !r.IsCut() {
		t.Error("it is not cut")
	}
	b := formats[2].file(t, []record.Record{r})
	if !bytes.Contains(b, []byte(`"data":"begi","_cut":5`)) {
		t.Errorf("%s", b)
	}
}

// oddValues are values of any type, at places where another is wanted.
var oddValues = []string{`null`, `true`, `-1`, `1e400`, `"x"`, `"` + caseDay + `"`, `{}`, `{"a":[1]}`, `[]`, `[[]]`, `""`, `0.5`, `"\ud800"`, `99999999999999999999`}

// TestOneOddValueNeverCostsTheFile puts every odd value in the place of every member: the entries before and behind are read.
func TestOneOddValueNeverCostsTheFile(t *testing.T) {
	const good = `{"startedDateTime":"` + caseDay + `","request":{"url":"wss://a/ws"},"_resourceType":"websocket","_webSocketMessages":[{"type":"send","time":1704164645.7,"opcode":1,"data":"fine"}]}`
	const odd = `{"startedDateTime":@,"time":@,"request":{"method":@,"url":@,"headers":@,"httpVersion":@},"response":{"status":@,"statusText":@,"headers":@},` +
		`"_resourceType":@,"_webSocketMessages":[{"type":@,"time":@,"opcode":@,"data":@},@,{"type":"send","time":1,"opcode":2,"data":"AAEC"}],"_webSocketClose":{"code":@,"reason":@,"timestamp":@},"x":@}`
	parts := strings.Split(odd, "@")
	for place := range len(parts) - 1 {
		for _, value := range oddValues {
			entry := parts[0]
			for i, part := range parts[1:] {
				filler := "null"
				if i == place {
					filler = value
				}
				entry += filler + part
			}
			har := `{"log":{"entries":[` + good + "," + entry + "," + good + `]}}`
			got, _ := messages(t, []byte(har), "a.har")
			if n := len(got); n < 2 || !strings.Contains(got[0], "fine") && !strings.Contains(got[1], "fine") || strings.Count(strings.Join(got, "\n"), "fine") != 2 {
				t.Errorf("%s as value %d: got %q", value, place, got)
			}
		}
	}
}

// TestTimesAndOpcodesOfOtherPrograms: each is read, or the message is reported.
func TestTimesAndOpcodesOfOtherPrograms(t *testing.T) {
	for member, want := range map[string]string{
		`"opcode":"text","time":"1704164645.7"`:           "1 out text AAEC .7",
		`"opcode":"BINARY","time":1704164645700`:          "1 out binary \x00\x01\x02 .7",
		`"opcode":1.0,"time":"2024-01-02 03:04:05.7"`:     "1 out text AAEC .7",
		`"opcode":null,"time":"2024-01-02T04:04:05.7+01"`: "",
		`"time":"2024-01-02T04:04:05.7+0100"`:             "1 out text AAEC .7",
		`"opcode":"2","time":0.022`:                       "1 out binary \x00\x01\x02 .7",
		`"opcode":16`:                                     "",
		`"opcode":"1x"`:                                   "",
	} {
		har := `{"log":{"entries":[{"_webSocketMessages":[{"type":"send",` + member + `,"data":"AAEC"}],"startedDateTime":"` + caseDay + `"}]}}`
		got, damage := messages(t, []byte(har), "")
		if want == "" && len(damage) != 1 || want != "" && (len(damage) > 0 || !slices.Equal(got, []string{want})) {
			t.Errorf("%s: got %q, damage %v", member, got, damage)
		}
	}
}

// TestEncodings: a HAR file and JSON lines in each encoding, compressed or not, are the same file.
func TestEncodings(t *testing.T) {
	lines, err := os.ReadFile(filepath.Join("testdata", "cases", "sorted-keys.jsonl.txt"))
	if err != nil {
		t.Fatal(err)
	}
	lines = bytes.ReplaceAll(lines, []byte("hello back"), []byte("hällo 🙂"))
	for name, b := range map[string][]byte{
		"plain": lines, "mark": append([]byte(byteOrderMark), lines...),
		"utf16le": inUTF16(lines, binary.LittleEndian), "utf16be": inUTF16(lines, binary.BigEndian),
		"utf16le with mark": inUTF16(append([]byte(byteOrderMark), lines...), binary.LittleEndian),
		"utf16be with mark": inUTF16(append([]byte(byteOrderMark), lines...), binary.BigEndian),
	} {
		var z, zst bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(b)
		_ = w.Close()
		e, err := zstd.NewWriter(&zst, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = e.Write(b)
		_ = e.Close()
		for _, file := range [][]byte{b, z.Bytes(), zst.Bytes()} {
			got, damage := messages(t, file, "")
			if want := []string{"1 out text hello", "1 in text hällo 🙂"}; !slices.Equal(withoutTimes(got), want) || len(damage) > 0 {
				t.Errorf("%s: got %q, damage %v", name, got, damage)
			}
		}
	}
}

func inUTF16(b []byte, order binary.AppendByteOrder) (out []byte) {
	for _, unit := range utf16.Encode([]rune(string(b))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// FuzzReadAny proves that no file makes reading panic.
func FuzzReadAny(f *testing.F) {
	for _, c := range cases {
		if b, err := os.ReadFile(filepath.Join("testdata", "cases", c.file)); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = ReadAny(bytes.NewReader(b), "", record.Visitor{Record: func(*record.Record) error { return nil }})
	})
}

// TestSpreadRecords: records that are spread over lines, or stand in a list, are read as those that stand on one; what is damaged is reported once,
// and costs what stands behind it only where it is no JSON.
func TestSpreadRecords(t *testing.T) {
	const end = `"time":"2026-01-31T12:00:01Z","conn":1,"kind":"end","reason":"x"`
	const one = "{\n  \"v\": 1,\n  " + end + "\n}\n"
	const omitted = "{\n \"v\": 1, \"omitted\": {\"reason\": \"tls\", \"count\": 3}\n}\n"
	for name, c := range map[string]struct {
		text                   string
		records, lost, damages int
	}{
		"spread":              {one + one, 2, 0, 0},
		"a list":              {"[" + one + "," + one + "]", 2, 0, 0},
		"a list on one line":  {`[{"v":1,` + end + `},{"v":1,` + end + "}]\n", 2, 0, 0},
		"two lists":           {"[\n" + one + "]\n[" + one + "]\n", 2, 0, 0},
		"an empty list first": {"[\n]\n" + one, 1, 0, 0},
		"behind a line":       {`{"v":1,` + end + "}\n" + one, 2, 0, 0},
		"before a line":       {one + `{"v":1,` + end + "}\n", 2, 0, 0},
		"an omission":         {one + omitted + one, 2, 1, 0},
		"an odd one":          {one + "{\n\"v\": 1,\n\"kind\": \"odd\"}\n" + one, 2, 0, 1},
		"a cut":               {one + one[:20], 1, 0, 1},
		"a cut list":          {"[\n" + one + ",", 1, 0, 1},
		"no JSON":             {one + "}}}\n" + one, 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			records, lost, damages := 0, 0, 0
			err := ReadAny(strings.NewReader(c.text), "x.jsonl", record.Visitor{
				Record:  func(*record.Record) error { records++; return nil },
				Damage:  func(*record.Damage) { damages++ },
				Omitted: func(*record.Omission) { lost++ },
			})
			if err != nil || records != c.records || lost != c.lost || damages != c.damages {
				t.Errorf("%v: %d records, %d omissions, %d reports; want %+v", err, records, lost, damages, c)
			}
		})
	}
}

// TestShapesOfHAR: a file that is no single document with everything around it is read, and one that is cut as far as it goes.
func TestShapesOfHAR(t *testing.T) {
	entry := func(text string) string {
		return `{"startedDateTime":"` + caseDay + `","request":{"url":"wss://a/ws"},"_webSocketMessages":[{"type":"send","time":0.022,"opcode":1,"data":"` + text + `"}]}`
	}
	log := func(text string) string { return `{"version":"1.2","entries":[` + entry(text) + `]}` }
	document := func(text string) string { return `{"log":` + log(text) + `}` }
	a, ab := []string{"1 out text a .7"}, []string{"1 out text a .7", "2 out text b .7"}
	inUTF32 := func(text string, order binary.AppendByteOrder) string {
		var b []byte
		for _, r := range text {
			b = order.AppendUint32(b, uint32(r))
		}
		return string(b)
	}
	object := func(messages string) string {
		return `{"log":{"entries":[{"startedDateTime":"` + caseDay + `","request":{"url":"wss://a/ws"},"_webSocketMessages":` + messages + `}]}}`
	}
	const message = `{"type":"send","time":0.022,"opcode":1,"data":"a"}`
	cut := document("a")
	for name, c := range map[string]struct {
		text   string
		want   []string
		damage int
	}{
		"a list of documents":     {"[" + document("a") + "," + document("b") + "]", ab, 0},
		"a list with a stranger":  {"[" + document("a") + `,{"x":[1]},` + document("b") + ",7,[8]]", ab, 3},
		"a log":                   {log("a"), a, 0},
		"an entry":                {entry("a"), a, 0},
		"a list of entries":       {"[" + entry("a") + "," + entry("b") + "]", ab, 0},
		"entries, a line each":    {entry("a") + "\n" + entry("b") + "\n", ab, 0},
		"a comment":               {"// by a program\n" + document("a"), a, 0},
		"comments":                {" /* by a\n program */ // twice\n# and more\n\n" + document("a"), a, 0},
		"UTF-32, little":          {inUTF32(byteOrderMark+document("a"), binary.LittleEndian), a, 0},
		"UTF-32, big":             {inUTF32(byteOrderMark+document("a"), binary.BigEndian), a, 0},
		"UTF-32 without a mark":   {inUTF32(document("a"), binary.LittleEndian), a, 0},
		"UTF-32 that is cut":      {inUTF32(document("a"), binary.BigEndian) + "\x00", a, 1},
		"an object of messages":   {object(`{"0":` + message + `,"1":` + message + `}`), []string{a[0], a[0]}, 0},
		"a message for a list":    {object(message), a, 0},
		"a list in an object":     {object(`{"messages":[` + message + `],"count":1}`), a, 0},
		"a number for messages":   {object(`7`), nil, 1},
		"cut behind messages":     {cut[:len(cut)-4], a, 1},
		"cut behind a message":    {strings.TrimSuffix(cut, "]}]}}") + ",", a, 1},
		"cut inside a message":    {strings.TrimSuffix(cut, "]}]}}") + `,{"type":"se`, a, 1},
		"cut in the second entry": {strings.TrimSuffix(cut, "]}}") + "," + entry("b")[:60], a, 1},
		"a list that is cut":      {"[" + document("a") + "," + document("b")[:30], a, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"a.har", ""} {
				got, damage := messages(t, []byte(c.text), file)
				if !slices.Equal(got, c.want) || len(damage) != c.damage {
					t.Errorf("named %q: got %q and damage %v, want %q and %d reports", file, got, damage, c.want, c.damage)
				}
			}
		})
	}
}
