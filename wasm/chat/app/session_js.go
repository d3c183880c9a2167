package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/tetherscope/tetherscope/wasm/chat"
	"github.com/tetherscope/tetherscope/wasm/tether"
)

// session is who the person is, as the server knows it. The token leaves it in the header of one request only: what the
// WebSocket's URL carries is a ticket, good for one handshake within seconds.
type session struct {
	user  string // asked for in the login; empty with a token from elsewhere
	token string
}

var (
	errNoTokens = errors.New("This server issues tokens on its own machine only. Paste a token that it accepts.") //nolint:revive,staticcheck // shown to a person as it is
	errExpired  = errors.New("The token is invalid or expired. Log in again.")                                    //nolint:revive,staticcheck // shown to a person as it is
)

// login asks for a development token, which the server gives to pages on its own machine only.
func (s *session) login() error {
	body, err := json.Marshal(map[string]string{"user": s.user})
	if err != nil {
		return err
	}
	status, answer, err := post("/app/dev-token", map[string]any{"Content-Type": "application/json"}, string(body))
	if status == 404 {
		return errNoTokens
	}
	var got struct{ Token string }
	if err := read(status, answer, err, &got); err != nil {
		return err
	}
	s.token = got.Token
	return nil
}

// target is a [tether.Endpoint]: each attempt gets a ticket of its own. A server that was restarted may not know the
// token any more; then a new one is asked for, where that is possible.
func (s *session) target(context.Context, tether.Attempt) (tether.Target, error) {
	ticket, err := s.ticket()
	if errors.Is(err, errExpired) && s.user != "" {
		if err := s.login(); err != nil {
			return tether.Target{}, err
		}
		ticket, err = s.ticket()
	}
	if errors.Is(err, errExpired) {
		err = tether.Permanent(err)
	}
	return tether.Target{URL: "/ws/chat?ticket=" + ticket, Subprotocols: []string{chat.Subprotocol}}, err
}

func (s *session) ticket() (string, error) {
	status, answer, err := post("/app/ticket", map[string]any{"Authorization": "Bearer " + s.token}, "")
	if status == 401 {
		return "", errExpired
	}
	var got struct{ Ticket string }
	err = read(status, answer, err, &got)
	return got.Ticket, err
}

// read reads a JSON answer.
func read(status int, answer string, err error, to any) error {
	switch {
	case err != nil:
		return err
	case status == 200:
		return json.Unmarshal([]byte(answer), to)
	case strings.TrimSpace(answer) == "":
		return fmt.Errorf("the server answered %d", status)
	}
	return errors.New(strings.TrimSpace(answer))
}

// post sends one request through the browser's fetch; net/http would too, and cost the page most of a megabyte.
func post(path string, headers map[string]any, body string) (status int, answer string, err error) {
	response, err := await(js.Global().Call("fetch", path, map[string]any{"method": "POST", "headers": headers, "body": body}))
	if err != nil {
		return 0, "", err
	}
	text, err := await(response.Call("text"))
	if err != nil {
		return 0, "", err
	}
	return response.Get("status").Int(), text.String(), nil
}
