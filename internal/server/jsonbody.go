package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tetherscope/tetherscope/scope/act"
)

// readJSON reads the body of a request to the control API, most bytes at most: one value and nothing else. What is wrong it answers, with what the
// body must be, and returns false.
func readJSON(w http.ResponseWriter, r *http.Request, most int64, what string, in any) bool {
	problem := "the body must be " + what + ", as application/json"
	if r.Header.Get("Content-Type") != "application/json" {
		answerJSON(w, http.StatusBadRequest, act.Failure{Text: problem})
		return false
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	body.DisallowUnknownFields()
	err := body.Decode(in)
	if _, more := body.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("something follows the value")
	}
	if err != nil {
		answerJSON(w, http.StatusBadRequest, act.Failure{Text: fmt.Sprintf("%s: %v", problem, err)})
	}
	return err == nil
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who has left is no error of ours
}
