package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/rawws"
	"github.com/tetherscope/tetherscope/internal/requests"
	"github.com/tetherscope/tetherscope/internal/requests/player"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of a run.
const (
	maxRequestsBody = 2*requests.MaxFile + 64<<10
	maxRequestsFor  = 15 * time.Minute
	listedWithin    = time.Second // a connection by the tap
)

// requestsName is what errors call a text of requests.
const requestsName = "requests"

// checkRequests says what a text of requests has, or what is wrong in it.
func (s *Server) checkRequests(w http.ResponseWriter, r *http.Request) {
	if file, _, ok := readRequests(w, r); ok {
		answerJSON(w, http.StatusOK, file.Outline())
	}
}

// readRequests reads the text of a request and prepares to run it, or answers what is wrong.
func readRequests(w http.ResponseWriter, r *http.Request) (*requests.File, *requests.Run, bool) {
	var in act.Requests
	if !readJSON(w, r, maxRequestsBody, "a JSON object with the text of requests", &in) {
		return nil, nil, false
	}
	file, err := requests.Parse(requestsName, []byte(in.Text))
	if err == nil {
		for _, q := range file.Requests {
			if q.CAFile != "" && err == nil {
				err = &requests.Error{File: requestsName, Position: q.Position, Text: "ca-file is for the terminal: here no file is read; ca takes the text of the certificates"}
			}
		}
	}
	var run *requests.Run
	if err == nil {
		run, err = requests.NewRun(file, requests.Options{Vars: in.Vars, Only: in.Only})
	}
	if err != nil {
		field := "text"
		if without, ok := errors.AsType[*requests.NoValueError](err); ok {
			field = "vars." + without.Variable
		}
		answerJSON(w, http.StatusBadRequest, act.Failure{Field: field, Text: err.Error()})
		return nil, nil, false
	}
	return file, run, true
}

// runRequests runs requests. Their connections are tapped. The answer is a stream of JSON values, one a line: an [act.RequestsLine] for each step, and one
// for the end. It ends with the request.
func (s *Server) runRequests(w http.ResponseWriter, r *http.Request) {
	_, run, ok := readRequests(w, r)
	if !ok {
		return
	}
	if !s.playing.TryLock() {
		answerJSON(w, http.StatusConflict, act.Failure{Text: "requests are being run already: wait for their end, or stop them"})
		return
	}
	defer s.playing.Unlock()
	rc, enc := http.NewResponseController(w), json.NewEncoder(w)
	if err := rc.SetReadDeadline(time.Time{}); err != nil { // the server's, whose end would end this request
		answerJSON(w, http.StatusInternalServerError, act.Failure{Text: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Cache-Control", "no-store")
	say := func(line act.RequestsLine) error {
		err := rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if err == nil {
			err = enc.Encode(line)
		}
		if err == nil {
			err = rc.Flush()
		}
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxRequestsFor)
	defer cancel()
	err := player.Play(ctx, run, player.Config{
		Dial: s.dialRequest, Conn: s.connOf, Step: func(one act.StepResult) error { return say(act.RequestsLine{Step: &one}) },
	})
	end := run.End()
	if err == nil {
		_ = say(act.RequestsLine{End: &end}) // who has left is no error of ours
	}
}

// dialRequest opens the connection of a request the way the panel does: through this server, whose tap records it.
func (s *Server) dialRequest(ctx context.Context, q *requests.Request) (*rawws.Peer, error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return nil, errors.New("the URL cannot be read")
	}
	ticket, err := s.dials.Prepare(act.Dial{URL: q.URL, Header: q.Header, Insecure: q.Insecure, CA: q.CA}, s.targetOptions())
	if err != nil {
		return nil, err
	}
	t := rawws.Target{Header: http.Header{}}
	if len(q.Subprotocols) > 0 {
		t.Header.Set("Sec-WebSocket-Protocol", strings.Join(q.Subprotocols, ", "))
	}
	if ticket.Path == "" { // it leads to this server itself
		t.URL = u
		for _, line := range q.Header {
			name, value, _ := strings.Cut(line, ":") // it was checked
			t.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	} else {
		scheme := map[string]string{"http": "ws", "https": "wss"}[s.cfg.scheme()]
		if t.URL, err = url.Parse(scheme + "://" + s.cfg.Addr + ticket.Path); err != nil {
			return nil, err
		}
	}
	t.Addr, t.TLS = s.cfg.Addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}} //nolint:gosec // it is this process
	peer, err := rawws.Dial(ctx, t)
	if err == nil {
		return peer, nil
	}
	if state, ok := s.dials.State(ticket.ID); ok && state.Problem != "" {
		err = errors.New(state.Problem)
	}
	return nil, err
}

// connOf returns the number of a connection in the capture, which has the key of its handshake; 0 if it is not tapped. The tap may list it only after its
// client has read the response.
func (s *Server) connOf(p *rawws.Peer) uint32 {
	key := keyOf(p.Request)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(listedWithin); ; <-tick.C {
		for _, one := range s.tap.Injectors() {
			if request, _ := one.Heads(); keyOf(request) == key {
				return one.ID()
			}
		}
		if s.cfg.Untapped || time.Now().After(end) {
			return 0
		}
	}
}

// keyOf returns the key of a handshake.
func keyOf(head []byte) string {
	for _, f := range frame.ParseHandshake(head, nil).Request {
		if strings.EqualFold(f.Name, "Sec-WebSocket-Key") {
			return f.Value
		}
	}
	return ""
}
