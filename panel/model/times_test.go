package model

import (
	"testing"
	"time"
)

// evening is a capture that goes on past midnight in its zone, one message in ten minutes.
func evening() *Model {
	zone := time.FixedZone("", 3600)
	m := New(Options{Zone: zone})
	list := many(20)
	at := time.Date(2026, 1, 2, 23, 0, 0, 250e6, zone)
	for i := range list {
		list[i].Time = at.Add(time.Duration(i) * 10 * time.Minute).UnixNano()
	}
	feed(m, 1, list...)
	return m
}

func selectedLine(m *Model, seq uint64) Line {
	m.Update(Seek{Seq: seq})
	for _, l := range m.Window().Lines {
		if l.Selected {
			return l
		}
	}
	return Line{}
}

// TestTimes: the column shows times in each of its ways.
func TestTimes(t *testing.T) {
	m := evening()
	for times, want := range map[Times]string{TimesClock: "00:10:00.250", TimesDate: "2026-01-03 00:10:00.250", TimesStart: "+4200.000000", TimesSelected: "+0.000000"} {
		m.Update(SetTimes{times})
		if got := selectedLine(m, 8).Time; got != want {
			t.Errorf("%s: %q, want %q", times, got, want)
		}
		if ParseTimes(times.String()) != times || m.Fresh().Status().Times != times {
			t.Errorf("%s is lost", times)
		}
	}
	m.Update(SetTimes{TimesSelected})
	m.Update(Seek{Seq: 8})
	if got := m.Window().Lines[0].Time; got != "−4200.000000" {
		t.Errorf("before the selected row: %q", got)
	}
	m.Update(Unselect{})
	if got := m.Window().Lines[0].Time; got != "23:00:00.250" {
		t.Errorf("with nothing selected: %q", got)
	}
}

// TestPlaces: a number is a row, #n a record, a time the first row at or after it on the day that is looked at.
func TestPlaces(t *testing.T) {
	m := evening()
	for _, c := range []struct {
		place string
		want  uint64
		note  string
	}{
		{"3", 3, ""},
		{" #5 ", 5, ""},
		{"23:15", 3, ""},
		{"23:20:00.250", 3, ""},
		{"1,000", 3, "There is no row 1,000 among those that are shown"},
		{"00:00", 1, ""},
		{"#18", 18, ""},
		{"00:25", 10, ""},
		{"09:00", 20, "Nothing is shown after that time; this is the last row"},
	} {
		msg, err := ParsePlace(c.place)
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		for _, e := range m.Update(msg) {
			note = e.(Notify).Text
		}
		if seq, _ := m.Selection(); seq != c.want || note != c.note {
			t.Errorf("%q leads to record %d, %q; want %d, %q", c.place, seq, note, c.want, c.note)
		}
	}
	for _, bad := range []string{"", "row", "-3", "0", "25:00", "#", "1e3"} {
		if msg, err := ParsePlace(bad); err == nil {
			t.Errorf("%q is %#v", bad, msg)
		}
	}
	if effects := New(Options{}).Update(SeekTime{}); len(effects) != 1 {
		t.Errorf("without rows: %v", effects)
	}
}

// TestNumbersStayWhenRowsAreEvicted: a row keeps its number while older ones go.
func TestNumbersStayWhenRowsAreEvicted(t *testing.T) {
	m := New(Options{Rows: 2048})
	feed(m, 1, many(1500)...)
	m.Update(Seek{Seq: 1400})
	before := selectedLine(m, 1400).Row
	feed(m, 1501, many(1500)...)
	if m.Status().Evicted == 0 {
		t.Fatal("nothing was evicted")
	}
	if got := selectedLine(m, 1400).Row; got != before || got != "1400" {
		t.Errorf("row %s became %s", before, got)
	}
	m.Update(SeekRow{Number: 2900})
	if seq, _ := m.Selection(); seq != 2900 {
		t.Errorf("row 2900 is record %d", seq)
	}
}
