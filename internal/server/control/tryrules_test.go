package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/scope/act"
)

// messages returns an API whose capture holds n messages of a server.
func messages(n int) *API {
	held := ring.New(4 << 20)
	for range n {
		h := frame.Header{Fin: true, Opcode: frame.Text, Length: 11}
		held.Append(&record.Record{Conn: 1, Kind: record.KindFrame, Dir: record.In, Header: h, Payload: []byte(`{"price":7}`), Message: 1, Final: true, Frames: 1, Wire: 11, Inflated: 11})
	}
	return New(tap.New(tap.Config{Sink: nowhere{}}), held, 0)
}

// ask tries rules.
func ask(ctx context.Context, a *API, rules string) *httptest.ResponseRecorder {
	body, _ := json.Marshal(act.Rules{Text: rules}) // a string
	w := httptest.NewRecorder()
	a.ServeHTTP(w, fromHere(httptest.NewRequest("POST", "/api/rules/try", strings.NewReader(string(body))).WithContext(ctx)))
	return w
}

// TestTriedRulesAreNotActive proves that the report is about the whole capture, and that no rule is set.
func TestTriedRulesAreNotActive(t *testing.T) {
	a := messages(5000)
	w := ask(t.Context(), a, "=> set $.price 0\n$.price=8 => drop")
	var got act.Trial
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatal(err, w.Body)
	}
	if got.Records != 5000 || len(got.Rules) != 2 || got.Rules[0].Changed != 5000 || got.Rules[1].Matched != 0 || len(got.Rules[0].Examples) != act.MaxExamples {
		t.Errorf("%+v", got)
	}
	if e := got.Rules[0].Examples[0]; e.Seq != 1 || e.Before != `{"price":7}` || e.After != `{"price":0}` {
		t.Errorf("%+v", e)
	}
	if a.tap.Rules() != nil {
		t.Error("the rules are active")
	}
}

// TestWrongRulesAreNotTried proves that the answer says where the text is wrong.
func TestWrongRulesAreNotTried(t *testing.T) {
	if w := ask(t.Context(), messages(1), "=> lose"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "line 1, column 4") {
		t.Error(w.Code, w.Body)
	}
}

// TestATrialEndsWithItsAsker proves that the capture is not read on for an asker that has left.
func TestATrialEndsWithItsAsker(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got act.Trial
	if err := json.Unmarshal(ask(ctx, messages(20_000), "=> drop").Body.Bytes(), &got); err != nil || got.Records == 0 || got.Records >= 20_000 {
		t.Errorf("%d records were tried: %v", got.Records, err)
	}
}
