package trial_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/trial"
	"github.com/tetherscope/tetherscope/scope/act"
)

// said is the record of a message of the server.
func said(seq uint64, op frame.Opcode, text string) *record.Record {
	n := uint64(len(text))
	return &record.Record{
		Seq: seq, Conn: 3, Kind: record.KindFrame, Dir: record.In, Header: frame.Header{Fin: true, Opcode: op, Length: n},
		Payload: []byte(text), Message: seq, Final: true, Frames: 1, Wire: n, Inflated: n,
	}
}

// try returns the report about rules on messages.
func try(t *testing.T, rules string, records ...*record.Record) act.Trial {
	t.Helper()
	rs, err := fault.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	tried := trial.New(rs)
	for _, r := range records {
		tried.Push(r)
	}
	return tried.Report()
}

// TestAReportCounts proves the counts of each outcome, the notes, and what an example says.
func TestAReportCounts(t *testing.T) {
	report := try(t, "=> set $.a 1\n$.a=7 => drop\n\"z\" => answer \"y\"\n=> drop 5%\n=> flap 1s 1s\n=> blackhole",
		said(1, frame.Text, `{"a":7}`), said(2, frame.Text, `{"a":1}`), said(3, frame.Text, "z"))
	got, err := json.Marshal(report)
	const want = `{"records":3,"rules":[` +
		`{"text":"=\u003e set $.a 1","matched":3,"changed":1,"examples":[{"rule":1,"seq":1,"conn":3,"dir":"in","outcome":"changes","before":"{\"a\":7}","after":"{\"a\":1}"},` +
		`{"rule":1,"seq":2,"conn":3,"dir":"in","outcome":"keeps"},{"rule":1,"seq":3,"conn":3,"dir":"in","outcome":"keeps"}]},` +
		`{"text":"$.a=7 =\u003e drop","matched":1,"removed":1,"examples":[{"rule":2,"seq":1,"conn":3,"dir":"in","outcome":"removes"}]},` +
		`{"text":"\"z\" =\u003e answer \"y\"","matched":1,"changed":1,"removed":1,"examples":[{"rule":3,"seq":3,"conn":3,"dir":"in","outcome":"answers","before":"z","after":"y"}]},` +
		`{"text":"=\u003e drop 5%","matched":1,"removed":1,"note":"counted as if its chance were 100%","examples":[{"rule":4,"seq":2,"conn":3,"dir":"in","outcome":"removes"}]},` +
		`{"text":"=\u003e flap 1s 1s","matched":0,"note":"not tried: it depends on time","examples":[]},` +
		`{"text":"=\u003e blackhole","matched":1,"removed":1,"note":"everything after the first one would not be passed on","examples":[{"rule":6,"seq":2,"conn":3,"dir":"in","outcome":"removes"}]}]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestExamplesAreCut proves that a report is small however much was tried, shows the difference, and cuts no character.
func TestExamplesAreCut(t *testing.T) {
	long := strings.Repeat("☃", 1000)
	var records []*record.Record
	for i := range 100 {
		records = append(records, said(uint64(i+1), frame.Text, long+"price"+long), said(uint64(i+1), frame.Binary, "\xff"+long+"price"+long))
	}
	report := try(t, "=> replace /price/cost/", records...)
	rule := report.Rules[0]
	if rule.Matched != 200 || rule.Changed != 200 || len(rule.Examples) != act.MaxExamples {
		t.Fatalf("%d matched, %d changed, %d examples", rule.Matched, rule.Changed, len(rule.Examples))
	}
	for i, e := range rule.Examples {
		was, is := "price", "cost"
		if i%2 == 1 {
			was, is = "7072696365", "636f7374"
		}
		for text, part := range map[string]string{e.Before: was, e.After: is} {
			if !strings.Contains(text, part) || !utf8.ValidString(text) || utf8.RuneCountInString(text) > act.MaxExcerpt || !strings.HasPrefix(text, "…") || !strings.HasSuffix(text, "…") {
				t.Errorf("%d characters without %s: %s", utf8.RuneCountInString(text), part, text)
			}
		}
	}
}
