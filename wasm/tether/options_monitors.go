package tether

import (
	"strconv"

	"github.com/tetherscope/tetherscope/wasm/internal/engine"
)

// WithHeartbeat makes the client notice a dead connection; see [Heartbeat] for what its zero fields mean.
func WithHeartbeat(h Heartbeat) Option {
	return func(o *options) error {
		h, err := h.timed()
		if err != nil {
			return err
		}
		if (h.Ping == nil) != (h.Pong == nil) {
			return &OptionError{"WithHeartbeat", "Ping and Pong belong together: set both or neither"}
		}
		plain := h.Ping == nil
		if plain {
			h.Ping, h.Pong = pingJSON, pongJSON
		}
		o.heartbeat, o.config.Heartbeat = &heartbeat{Heartbeat: h, plain: plain}, engine.NewHeartbeat(h.Interval, h.Timeout)
		return nil
	}
}

// WithDiagnosis finds out why attempts fail, after each number of failures in a row, where the platform did not report it. A
// browser reports nothing: a refused login, a missing page and an unplugged cable are all 1006. So an ordinary request is
// made to the same URL, which browsers do report: to the page's own origin always, to others as far as CORS lets
// them. [Diagnosed] has the result, and the policy decides again with the [Diagnosis] as [CloseInfo].Err. Such a request
// proves nothing about a handshake: the default policy never stops because of it.
//
// The request goes on beside the attempts and delays none. Its answer counts until the next connection opens. Natively
// the HTTP status is known without it, and no request is made: the error of the attempt is read.
func WithDiagnosis(failures int) Option {
	return func(o *options) error {
		if failures < 1 {
			return &OptionError{"WithDiagnosis", "must be at least 1, got " + strconv.Itoa(failures)}
		}
		o.examiner, o.config.Diagnoser = platformExaminer{}, engine.NewDiagnoser(failures)
		return nil
	}
}
