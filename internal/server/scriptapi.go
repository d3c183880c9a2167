package server

import (
	"net/http"
	"time"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/tap/fault"
	"github.com/tetherscope/tetherscope/internal/trial"
	"github.com/tetherscope/tetherscope/scope/act"
)

const (
	maxScriptBody = 1 << 10
	tryScriptFor  = 20 * time.Second // the answer has less time than writeTimeout
)

// scriptState answers how the script stands.
func (s *Server) scriptState(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, s.cfg.Script.shown())
}

// shown is the script as the control API has it.
func (o *Scripting) shown() act.Script {
	if o.opened == nil {
		return act.Script{}
	}
	now := o.opened.Status()
	out := act.Script{
		File: o.File, Active: o.opened.Active(), Strict: o.Strict, Problem: now.Wrong, Last: now.Problem, Calls: now.Calls, Changed: now.Changed,
		Dropped: now.Dropped, Answered: now.Answered, Closed: now.Closed, Failed: now.Failed, Late: now.Late, Restarts: now.Restarts,
		Longest: now.Longest.Microseconds(),
	}
	if now.Calls > 0 {
		out.Mean = now.Time.Microseconds() / int64(now.Calls) //nolint:gosec // it would take ages
	}
	return out
}

// switchScript switches the script on or off.
func (s *Server) switchScript(w http.ResponseWriter, r *http.Request) {
	var in act.ScriptSwitch
	if !readJSON(w, r, maxScriptBody, `{"active": true} or {"active": false}`, &in) {
		return
	}
	if s.cfg.Script.opened == nil {
		answerNoScript(w)
		return
	}
	s.cfg.Script.opened.SetActive(in.Active)
	s.scriptState(w, r)
}

func answerNoScript(w http.ResponseWriter) {
	answerJSON(w, http.StatusConflict, act.Failure{Text: "there is no script: start the server with -script FILE"})
}

// tryScript says what the script, as its file is now, would do to what the capture holds. It runs in a worker of its own, with a state of its own,
// and ends when the asker has left.
func (s *Server) tryScript(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Script.opened == nil {
		answerNoScript(w)
		return
	}
	if !s.trying.TryLock() {
		answerJSON(w, http.StatusConflict, act.Failure{Text: "the script is being tried already: try again in a moment"})
		return
	}
	defer s.trying.Unlock()
	program, err := script.Open(r.Context(), script.Options{File: s.cfg.Script.File})
	if err != nil {
		answerJSON(w, http.StatusBadRequest, act.Failure{Text: err.Error()})
		return
	}
	defer program.Close()
	answerJSON(w, http.StatusOK, s.tried(r, program))
}

// tried tries a script on the records of the ring, for a bounded time.
func (s *Server) tried(r *http.Request, program *script.Script) act.Trial {
	tried := trial.New((&fault.Ruleset{}).WithScript(program))
	end, late := time.Now().Add(tryScriptFor), false
	s.ring.Snapshot(func(batch []byte) bool {
		_, err := record.ReadBatch(batch, func(rec *record.Record) bool {
			tried.Push(rec)
			late = time.Now().After(end)
			return !late && r.Context().Err() == nil
		})
		return err == nil && !late && r.Context().Err() == nil // our own batches are well formed
	})
	report := tried.Report()
	if late {
		report.Rules[0].Note = "stopped after 20 s: newer records were not tried"
	}
	return report
}
