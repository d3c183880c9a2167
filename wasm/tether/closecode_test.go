// These tests prove that errors say what happened.
package tether

import (
	"errors"
	"testing"
)

func TestErrorsSayWhatHappened(t *testing.T) {
	dns := errors.New("no such host")
	for want, err := range map[string]error{
		`connection closed: 4001 "token expired"`:              &CloseError{CloseInfo{Code: 4001, Reason: "token expired", Opened: true}},
		`connection lost`:                                      &CloseError{CloseInfo{Code: 1006, Opened: true}},
		`cannot connect: no such host`:                         &CloseError{CloseInfo{Code: 1006, Err: dns}},
		`tether: stopped (rule): cannot connect: no such host`: &StopError{"rule", &CloseError{CloseInfo{Code: 1006, Err: dns}}},
		`handshake refused with HTTP status 403`:               &HandshakeError{Status: 403},
		`tether: WithBackoff: negative value`:                  &OptionError{"WithBackoff", "negative value"},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if err := error(&StopError{"rule", &CloseError{CloseInfo{Err: dns}}}); !errors.Is(err, dns) {
		t.Error("the cause is out of reach")
	}
}
