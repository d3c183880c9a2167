package control

import (
	"net/http"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/trial"
	"github.com/tetherscope/tetherscope/scope/act"
)

// tryRules says what rules would do to what the capture holds. It ends when the asker has left.
func (a *API) tryRules(w http.ResponseWriter, r *http.Request) {
	var in act.Rules
	if !read(w, r, &in) {
		return
	}
	rules, err := fault.Parse(in.Text)
	if err != nil {
		fail(w, http.StatusBadRequest, &act.Failure{Text: err.Error(), Field: "text"})
		return
	}
	tried := trial.New(rules)
	a.ring.Snapshot(func(batch []byte) bool {
		_, err := record.ReadBatch(batch, func(rec *record.Record) bool {
			tried.Push(rec)
			return true
		})
		return err == nil && r.Context().Err() == nil // our own batches are well formed
	})
	answer(w, tried.Report())
}
