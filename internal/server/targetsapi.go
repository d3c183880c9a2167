package server

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of the request for a target.
const (
	maxTargetBody = 512 << 10
	maxTargetURL  = 8 << 10
	maxTargetCA   = 256 << 10
)

// listTargets answers the targets.
func (s *Server) listTargets(w http.ResponseWriter, _ *http.Request) {
	answer := act.Targets{Targets: []act.Target{}}
	for _, l := range s.targets.list() {
		answer.Targets = append(answer.Targets, l.shown(s.cfg))
	}
	answerJSON(w, http.StatusOK, answer)
}

// shown is the target as the control API has it.
func (l *targetListener) shown(c Config) act.Target {
	t := act.Target{
		Name: l.target.Name, URL: l.target.String(), Listener: l.url(c, l.host()), Address: l.url(c, l.addr), Port: int(l.choice.Port),
		Insecure: l.choice.Insecure || c.InsecureUpstream, CA: l.choice.CA != nil, Added: l.added, Open: l.proxy.Open(), Flags: l.choice.flags(l.target),
	}
	if problem := l.problem.Load(); problem != nil {
		t.Problem = *problem
	}
	return t
}

// addTarget begins to listen for a further target.
func (s *Server) addTarget(w http.ResponseWriter, r *http.Request) {
	var in act.NewTarget
	if !readJSON(w, r, maxTargetBody, "a JSON object with a name and a URL", &in) {
		return
	}
	l, err := newTarget(in)
	if err == nil {
		err = s.begin(l)
	}
	var field *act.FieldError
	switch {
	case errors.As(err, &field):
		answerJSON(w, http.StatusBadRequest, act.Failure{Field: field.Field, Text: field.Problem})
	case err != nil:
		answerJSON(w, http.StatusConflict, act.Failure{Text: err.Error()})
	default:
		answerJSON(w, http.StatusOK, l.shown(s.cfg))
	}
}

// newTarget checks what is asked for. Its errors are [*act.FieldError].
func newTarget(in act.NewTarget) (*targetListener, error) {
	bad := func(field, problem string) (*targetListener, error) {
		return nil, &act.FieldError{Field: field, Problem: problem}
	}
	if len(in.URL) > maxTargetURL {
		return bad("url", "has more than 8 KiB")
	}
	if _, err := proxy.ParseTarget(in.Name + "=ws://host"); err != nil || strings.Contains(in.Name, "=") {
		return bad("name", "has 1 to 32 letters, digits, dots, dashes or underscores, and begins with a letter or a digit")
	}
	t, err := proxy.ParseTarget(in.Name + "=" + in.URL)
	var problem *proxy.TargetError
	switch {
	case errors.As(err, &problem):
		return bad("url", problem.Problem)
	case err != nil:
		return bad("url", err.Error())
	case in.Port < 0 || in.Port > 65535:
		return bad("port", "is not between 1 and 65535, or 0 for one that follows from the name")
	case (in.Insecure || in.CA != "") && t.Scheme != "https":
		return bad("url", "begins with ws:// or http://, which has no certificate to verify")
	case in.Insecure && in.CA != "":
		return bad("insecure", "verifies nothing, and ca says what to trust: choose one")
	case len(in.CA) > maxTargetCA:
		return bad("ca", "has more than 256 KiB")
	}
	l := &targetListener{target: t, added: true, choice: TargetChoice{Port: uint16(in.Port), Insecure: in.Insecure}} //nolint:gosec // it was checked
	if in.CA != "" {
		l.choice.CA = x509.NewCertPool()
		if !l.choice.CA.AppendCertsFromPEM([]byte(in.CA)) {
			return bad("ca", "has no certificate in PEM")
		}
	}
	return l, nil
}

// begin listens for a target and serves it. One at a time is added or removed.
func (s *Server) begin(l *targetListener) error {
	t := &s.targets
	t.mu.Lock()
	all, over, own := t.all, t.over, t.own
	t.mu.Unlock()
	if err := s.admissible(l, all, over); err != nil {
		return err
	}
	if err := l.listen(s.cfg, own); err != nil {
		return &act.FieldError{Field: "port", Problem: "cannot be listened on: " + portAdvice(err)}
	}
	l.proxy = proxy.New(l.target, s.optionsFor(l))
	s.serveTarget(l)
	t.mu.Lock()
	conflict := t.over || distinctNames(append(slices.Clone(t.all), l)) != nil
	if !conflict {
		t.all = append(slices.Clone(t.all), l)
	}
	t.mu.Unlock()
	if conflict { // of two requests at once, or the server ends
		l.close(context.Background(), "")
		return errors.New("another target of this name was added at the same time, or the server ends")
	}
	return nil
}

// admissible says why a target cannot be added; nil when it can.
func (s *Server) admissible(l *targetListener, all targetListeners, over bool) error {
	switch {
	case over:
		return errors.New("the server ends")
	case s.cfg.TLS:
		return errors.New("the certificate of -tls names the targets of the start: start the server with " + l.choice.flags(l.target))
	case len(all) >= maxTargets:
		return errors.New("there are " + strconv.Itoa(maxTargets) + " targets already: remove one first")
	}
	if err := distinctNames(append(slices.Clone(all), l)); err != nil {
		return &act.FieldError{Field: "name", Problem: err.Error()}
	}
	if l.choice.Port != 0 {
		if who := s.listens(l.choice.Port, all); who != "" {
			return &act.FieldError{Field: "port", Problem: "is taken by " + who}
		}
	}
	return nil
}

// listens says what of this program listens at a port, and by which flag; "" for nothing.
func (s *Server) listens(port uint16, all targetListeners) string {
	switch {
	case port == portOf(s.cfg.Addr):
		return "this server itself (-addr " + s.cfg.Addr + ")"
	case s.forward != nil && port == portOf(s.forward.l.Addr().String()):
		return "the proxy (-proxy " + s.cfg.Forward.Addr + ")"
	}
	for _, one := range all {
		if port == portOf(one.addr) {
			return "the target " + one.target.Name + " (" + one.choice.flags(one.target) + ")"
		}
	}
	return ""
}

// portAdvice says why a port cannot be listened on, and what helps.
func portAdvice(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens on it; choose another, or none for one that follows from the name (-target-port)"
	case errors.Is(err, syscall.EACCES):
		return "this user may not have it; choose one above 1023 (-target-port)"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

// distinctNames reports two targets of one name, or of one host name.
func distinctNames(all targetListeners) error {
	seen := map[string]string{}
	for _, l := range all {
		host := l.target.LocalHost()
		switch before, ok := seen[host]; {
		case ok && before == l.target.Name:
			return errors.New("is that of another target: remove it first, or choose another name")
		case ok:
			return errors.New("makes the host name " + host + ", which the target " + before + " has: choose another name")
		}
		seen[host] = l.target.Name
	}
	return nil
}

// removeTarget closes a target's listener and ends its connections; the answer is what is left.
func (s *Server) removeTarget(w http.ResponseWriter, r *http.Request) {
	t := &s.targets
	t.mu.Lock()
	i := t.all.index(r.PathValue("name"))
	if i < 0 || t.over {
		t.mu.Unlock()
		answerJSON(w, http.StatusNotFound, act.Failure{Text: "no target has this name: GET /api/targets lists them"})
		return
	}
	l := t.all[i]
	t.all = slices.Delete(slices.Clone(t.all), i, i+1)
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), drainTimeout)
	defer cancel()
	l.close(ctx, "ended by this program: its target "+l.target.Name+" was removed")
	s.listTargets(w, r)
}
