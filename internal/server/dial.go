package server

import (
	"errors"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/scope/act"
)

// maxDialBody bounds the request for a connection: its URL, fields and certificates.
const maxDialBody = 512 << 10

// prepareDial makes a ticket for a connection to any server; see package dialout.
func (s *Server) prepareDial(w http.ResponseWriter, r *http.Request) {
	var in act.Dial
	if !readJSON(w, r, maxDialBody, "a JSON object with a URL", &in) {
		return
	}
	var field *act.FieldError
	switch out, err := s.dials.Prepare(in, s.targetOptions()); {
	case errors.As(err, &field):
		answerJSON(w, http.StatusBadRequest, act.Failure{Field: field.Field, Text: field.Problem})
	case err != nil:
		answerJSON(w, http.StatusServiceUnavailable, act.Failure{Text: err.Error()})
	default:
		answerJSON(w, http.StatusOK, out)
	}
}

// dialState says what became of a connection that was asked for.
func (s *Server) dialState(w http.ResponseWriter, r *http.Request) {
	state, ok := s.dials.State(r.PathValue("id"))
	if !ok {
		answerJSON(w, http.StatusNotFound, act.Failure{Text: "no connection of that ID was asked for in the last minute"})
		return
	}
	answerJSON(w, http.StatusOK, state)
}

// onThisMachine refuses requests of other machines.
func onThisMachine(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !origin.SameMachine(r) {
			answerJSON(w, http.StatusForbidden, act.Failure{Text: "this is for programs of this machine only"})
			return
		}
		h(w, r)
	})
}

// dialled serves the connections of tickets, each tapped under the name of its server.
func (s *Server) dialled(who *access) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, h := s.dials.Claim(r)
		s.socket(name, who, who.Origin, who.allHosts(who.ownPages(h))).ServeHTTP(w, r)
	})
}
