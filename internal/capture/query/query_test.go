// These tests prove what the language means: example by example, against the plain evaluation of row_test.go on random
// captures, and that no text makes it panic.
package query

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
)

func frameRow(payload string, more map[Field]int64) fakeRow {
	n := map[Field]int64{
		Kind: int64(record.KindFrame), Op: int64(frame.Text), Dir: int64(record.In), Conn: 3, Fin: 1, Rsv: 0, Mask: 0,
		Len: int64(len(payload)), Wire: int64(len(payload)), Lint: 0, Frag: 0, Compressed: 0,
	}
	for k, v := range more {
		n[k] = v
	}
	return fakeRow{numbers: n, texts: map[Field]string{Path: "/ws/Chat", Host: "a.example:81", App: "chromium\n4711\nhttps://page.example", Node: "b"}, payload: []byte(payload)}
}

func TestWhatTheTestsMean(t *testing.T) {
	trade := frameRow(`{"type":"trade","price":"101.5","n":5,"ok":true,"items":[{"id":"a"},{"id":"b\n"}],"x":null}`, nil)
	ping := frameRow("beat", map[Field]int64{Op: int64(frame.Ping), Dir: int64(record.Out), Mask: 1})
	pong := frameRow("beat", map[Field]int64{Op: int64(frame.Pong), RTT: 60e6})
	zipped := frameRow(strings.Repeat("x", 1200), map[Field]int64{Wire: 300, Compressed: 1, Rsv: 4, Frag: 1})
	bad := frameRow("\x00\xca\xfe", map[Field]int64{Op: int64(frame.Binary), Lint: int64(frame.MaskedServer | frame.ZeroKey)})
	closed := fakeRow{
		numbers: map[Field]int64{Kind: int64(record.KindClose), Code: 4001, By: int64(record.SideServer), Clean: 1},
		texts:   map[Field]string{Words: "4001 bye"},
	}
	all := map[string]fakeRow{"trade": trade, "ping": ping, "pong": pong, "zipped": zipped, "bad": bad, "closed": closed}
	for query, want := range map[string]string{
		``:                                    "bad closed ping pong trade zipped",
		`dir:in`:                              "bad pong trade zipped",
		`-dir:in`:                             "closed ping",
		`dir!=in`:                             "ping",
		`op:ping,pong`:                        "ping pong",
		`op:control`:                          "ping pong",
		`op:0x9`:                              "ping",
		`kind:event`:                          "closed",
		`len>1k`:                              "zipped",
		`len>1.2k`:                            "",
		`len>=1.2kB`:                          "zipped",
		`len > 1KiB`:                          "zipped",
		`len:4..5`:                            "ping pong",
		`ratio>3.9`:                           "zipped",
		`ratio<1`:                             "",
		`ratio:4`:                             "zipped",
		`rtt>50ms`:                            "pong",
		`rtt`:                                 "pong",
		`rtt<0.05s`:                           "",
		`code:4000..4999`:                     "closed",
		`code!=1000`:                          "closed",
		`not code:1000`:                       "bad closed ping pong trade zipped",
		`by:server clean`:                     "closed",
		`fin -mask op:text`:                   "trade zipped",
		`fin:0`:                               "",
		`rsv:4`:                               "zipped",
		`lint`:                                "bad",
		`lint:masked`:                         "bad",
		`lint:utf-8`:                          "",
		`frag or compressed`:                  "zipped",
		`path:chat`:                           "bad ping pong trade zipped",
		`host:a.example -op:ping`:             "bad pong trade zipped",
		`host:b.example`:                      "",
		`app:chromium op:ping`:                "ping",
		`node:b op:ping`:                      "ping",
		`node op:ping`:                        "ping",
		`node:c op:ping`:                      "",
		`app=4711 op:ping`:                    "ping",
		`app:page.example op:ping`:            "ping",
		`app=chrom`:                           "",
		`-app`:                                "closed",
		`path=/ws/chat`:                       "",
		`path="/ws/Chat" op:ping`:             "ping",
		`path~/^.ws/ op:ping`:                 "ping",
		`beat`:                                "ping pong",
		`BEAT`:                                "",
		`"eat" -op:ping`:                      "pong",
		`'"type":"trade"'`:                    "trade",
		`bye`:                                 "closed",
		`/^b.at$/`:                            "ping pong",
		`/BEAT/i`:                             "ping pong",
		`hex:cafe`:                            "bad",
		`hex:"ca fe"`:                         "bad",
		`$.type=trade`:                        "trade",
		`$.type:rad`:                          "trade",
		`$.type=rad`:                          "",
		`$.price>100`:                         "trade",
		`$.price=101.5`:                       "",
		`$.price:101.5`:                       "trade",
		`$.n:5 $.n=5 $.n>=5 -$.n>5`:           "trade",
		`$.n!=5`:                              "",
		`$.ok:true $.x=null $.ok!=false`:      "trade",
		`$.items[1].id="b\n"`:                 "trade",
		`$.items[*].id:a`:                     "trade",
		`$.*[0]["id"]`:                        "trade",
		`$.items[2]`:                          "",
		`$.type>"a" $.type<"z"`:               "trade",
		`$.type ~ /^tr/`:                      "trade",
		`(op:ping or op:pong) dir:out`:        "ping",
		`not (op:ping or op:pong) kind:frame`: "bad trade zipped",
		`conn:3 && len<=4 || kind:close`:      "bad closed ping pong",
		`NOT dir:in AND NOT dir:out`:          "closed",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var got []string
		for name, r := range all {
			if q.Match(r) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
	}
}

func TestAPathPassesOverWhatProtocolsPutBefore(t *testing.T) {
	q, err := Parse(`$[0]=chat`)
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]bool{`42["chat"]`: true, `42/ns,7["chat",1]`: true, `["chat"`: true, ` "chat"`: false, `["chit"`: false, `chat`: false, ``: false, `[`: false} {
		if q.Match(frameRow(payload, nil)) != want {
			t.Errorf("%s: not %v", payload, want)
		}
	}
}

func TestThePayloadIsReadLast(t *testing.T) {
	q, err := Parse(`/slow/ $.a "text" dir:out`)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	r := frameRow("slow text", nil)
	r.asked = &asked
	if q.Match(r) || asked != 0 || !q.NeedsPayload() {
		t.Fatalf("asked %d times for a payload that could not matter", asked)
	}
	if q, _ := Parse(`dir:in len>1k path:/ws`); q.NeedsPayload() {
		t.Fatal("a wire query says that it needs the payload")
	}
}

func TestCanonicalForms(t *testing.T) {
	for query, want := range map[string]string{
		`DIR=in len>2048 -foo`:         `dir:in len>2KiB not "foo"`,
		`a and (b c)`:                  `"a" "b" "c"`,
		`(a or b) c or (d or e)`:       `("a" or "b") "c" or "d" or "e"`,
		`near:close`:                   `near:5 op:close`,
		`before:3 (op:close rtt>1.5s)`: `before:3 (op:close rtt>1500ms)`,
		`$["a b"].c[0] == x`:           `$["a b"].c[0]="x"`,
		`size:1M..2MiB,7`:              `len:1M..2MiB,7`,
		`'it\'`:                        `"it\\"`,
		`op:11,bin`:                    `op:11,bin`,
		`ratio<=1.50`:                  `ratio<=1.5`,
		`note~/a\/b/i`:                 `note~/a\/b/i`,
		`hex:0xCAFE`:                   `hex:cafe`,
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
		} else if q.String() != want {
			t.Errorf("%s is %s, want %s", query, q, want)
		}
	}
}

// drawQuery makes the text of a query whose tests have some chance in drawRow's captures.
func drawQuery(t *rapid.T, depth int, inContext bool) string {
	leaves := []string{
		"dir:in", "dir!=in", "op:text", "op:control,cont", "op!=ping", "len>3", "len:0..4,9", "len!=5", "wire<=4", "ratio>1", "ratio!=1", "ratio:1,2",
		"fin", "-fin", "rsv", "rsv:4", "lint", "lint:masked", "lint!=utf-8", "code", "code<4000", "code!=1000", "rtt>10ms", "path:ws", "path=/ws", "path!=/ws",
		"path~/w./", "a", "B", `"ab"`, "/a+b/", "/AB/i", "hex:6162", "$.a", "$.a:1", "$.a=1", "$.a!=1", "$.a>0", "$.a:b", `$.a="ab"`, `$.a<"b"`, "$.a:true", "$.a!=null",
		"$[*]:1", "$[0]>0", "$.*.a", "$.a.a", "$.a[1]", "$.a~/a/", "$", `$.a!="ab"`, "$.a=true",
	}
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case depth == 0 || kind < 4:
		return rapid.SampledFrom(leaves).Draw(t, "leaf")
	case kind < 6:
		return "(" + drawQuery(t, depth-1, inContext) + " " + drawQuery(t, depth-1, inContext) + ")"
	case kind < 8:
		return "(" + drawQuery(t, depth-1, inContext) + " or " + drawQuery(t, depth-1, inContext) + ")"
	case kind == 8 || inContext:
		return "not " + drawQuery(t, depth-1, inContext)
	}
	return rapid.SampledFrom([]string{"near:1 ", "near:3 ", "before:2 ", "before:1 ", "after:2 "}).Draw(t, "context") + drawQuery(t, depth-1, true)
}

func drawRow(t *rapid.T) fakeRow {
	small := rapid.Int64Range(0, 9)
	n := map[Field]int64{Len: small.Draw(t, "len"), Wire: small.Draw(t, "wire"), Fin: small.Draw(t, "fin") & 1, Rsv: small.Draw(t, "rsv") & 4, Dir: small.Draw(t, "dir") & 1, Op: rapid.Int64Range(0, 15).Draw(t, "op")}
	if small.Draw(t, "event") == 0 {
		n = map[Field]int64{Code: rapid.SampledFrom([]int64{1000, 1006, 4001}).Draw(t, "code")}
	}
	if small.Draw(t, "bad") < 3 {
		n[Is] = rapid.Int64Range(0, 3).Draw(t, "is")
		n[Lint] = rapid.Int64Range(0, 1<<25-1).Draw(t, "lint")
	}
	if small.Draw(t, "pong") == 0 {
		n[RTT] = small.Draw(t, "rtt") * 4e6
	}
	payload := rapid.SampledFrom([]string{
		"", "ab", "aAb", "AB", `{"a":1}`, `{"a":"1"}`, `{"a":"ab"}`, `{"a":{"a":[1,2]}}`, `{"a":true}`, `{"a":"true"}`, `{"a":null}`, `[1,"ab"]`, `["\u0061b",{"a":0}]`,
		`{"b":{"a":-1.5e0},"a":[0,1]}`, `[[1]]`, `"ab"`, `1`, ` {"a" : "\u0061b" } `, `{"a":"aB"}`, "b\x00\xff", `{"a":"9"}`,
	}).Draw(t, "payload")
	return fakeRow{numbers: n, texts: map[Field]string{Path: rapid.SampledFrom([]string{"", "/ws", "/WS/a"}).Draw(t, "path"), Words: rapid.SampledFrom([]string{"", "ab"}).Draw(t, "words")}, payload: []byte(payload)}
}

func TestEvaluationEqualsTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawQuery(t, 4, false)
		q, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := Parse(q.String())
		if err != nil || again.String() != q.String() {
			t.Fatalf("%s reads as %s: %v", q, again, err)
		}
		rows := make([]fakeRow, rapid.IntRange(1, 20).Draw(t, "rows"))
		for i := range rows {
			rows[i] = drawRow(t)
		}
		var got, want []uint64
		s := again.Scanner()
		for i, r := range rows {
			got = s.Push(got, uint64(2*i), r)
			if !q.HasContext() && q.Match(r) != naive(q.root, rows, i) {
				t.Fatalf("%s of %v %q: Match is %v", q, r.numbers, r.payload, q.Match(r))
			}
		}
		for i := range rows {
			if naive(q.root, rows, i) {
				want = append(want, uint64(2*i))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s shows %v, want %v", q, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`dir:in op:text $.type=="trade" size>1k`, `near:3 op:close -"x" or /a\/b/i`, `not (a b) len:1..2,3k`, `$["a"].*[*]!=1e3 ratio<.5`, `hex:00 lint:masked`, `path~/x/ note!='a'`, `a "b`, `rtt>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range Complete(s, len(s)/2) {
			if c.From < 0 || c.From > c.To || c.To > len(s) {
				t.Fatalf("%+v", c)
			}
		}
		q, err := Parse(s)
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(s) || e.End < e.Offset || e.End > len(s)+1 || e.Message == "" {
				t.Fatalf("%+v", e)
			}
			return
		}
		q.Match(frameRow(`{"a":[1,"b"]}`, nil))
		canonical := q.String()
		if len(canonical) > maxLength {
			return
		}
		again, err := Parse(canonical)
		if err != nil {
			t.Fatalf("%q reads as %q, which does not: %v", s, canonical, err)
		}
		if again.String() != canonical {
			t.Fatalf("%q reads as %q and then as %q", s, canonical, again)
		}
	})
}

// TestConnectionsOfOtherNodesAreNamedAsTheyAreShown: conn:n2 is the second of them, in a list and in a range too, and is written so.
func TestConnectionsOfOtherNodesAreNamedAsTheyAreShown(t *testing.T) {
	for text, want := range map[string]string{"conn:n2": "conn:n2", "conn:3,N2": "conn:3,n2", "conn:n1..n9": "conn:n1..n9", "conn>=n1": "conn>=n1"} {
		q, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if q.String() != want || !q.Match(fakeRow{numbers: map[Field]int64{Conn: int64(record.PeerConn(1))}}) || q.Match(fakeRow{numbers: map[Field]int64{Conn: 2}}) {
			t.Errorf("%s is %s", text, q)
		}
	}
	for _, text := range []string{"conn:n0", "conn:n", "seq:n1", "conn:n1x"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
