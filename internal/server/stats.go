package server

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/VictoriaMetrics/metrics"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/ring"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/script"
	"github.com/tetherscope/tetherscope/internal/server/fleet"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// directions is how many values record.Dir has.
const directions = 2

// stats are the numbers of /metrics. No label holds anything that a client chose freely.
type stats struct {
	set        *metrics.Set
	handshakes *metrics.Counter
	opened     *metrics.Counter
	ended      *metrics.Counter
	refused    *metrics.Counter
	foreign    *metrics.Counter
	unrecorded *metrics.Counter
	pings      *metrics.Counter
	broken     *metrics.Counter
	violations *metrics.Counter
	frames     [directions][16]*metrics.Counter
	messages   [directions]*metrics.Counter
	wire       [directions]*metrics.Counter
}

func newStats(h *ring.Ring, open *sockets) *stats {
	set := metrics.NewSet()
	s := &stats{
		set:        set,
		handshakes: set.NewCounter("tetherscope_handshakes_total"),
		opened:     set.NewCounter("tetherscope_connections_opened_total"),
		ended:      set.NewCounter("tetherscope_connections_ended_total"),
		refused:    set.NewCounter("tetherscope_handshakes_refused_total"),
		foreign:    set.NewCounter("tetherscope_foreign_requests_refused_total"),
		unrecorded: set.NewCounter("tetherscope_refusals_unrecorded_total"),
		pings:      set.NewCounter("tetherscope_pings_unrecorded_total"),
		broken:     set.NewCounter("tetherscope_directions_broken_total"),
		violations: set.NewCounter("tetherscope_frames_with_violations_total"),
	}
	for d := range directions {
		dir := record.Dir(d).String()
		for op := range s.frames[d] {
			s.frames[d][op] = set.NewCounter(fmt.Sprintf(`tetherscope_frames_total{dir=%q,opcode=%q}`, dir, frame.Opcode(op)))
		}
		s.messages[d] = set.NewCounter(fmt.Sprintf(`tetherscope_messages_total{dir=%q}`, dir))
		s.wire[d] = set.NewCounter(fmt.Sprintf(`tetherscope_payload_bytes_total{dir=%q}`, dir))
	}
	set.NewGauge("tetherscope_sockets_open", func() float64 { return float64(open.count()) })
	set.NewGauge("tetherscope_ring_bytes", func() float64 { return float64(h.Stats().Bytes) })
	set.NewGauge("tetherscope_ring_limit_bytes", func() float64 { return float64(h.Stats().Limit) })
	set.NewGauge("tetherscope_ring_records", func() float64 { return float64(h.Stats().Held) })
	set.NewGauge("tetherscope_records_total", func() float64 { return float64(h.Stats().Appended) })
	set.NewGauge("tetherscope_records_evicted_total", func() float64 { return float64(h.Stats().Evicted) })
	set.NewGauge("tetherscope_subscribers", func() float64 { return float64(h.Stats().Subscribers) })
	set.NewGauge("tetherscope_records_missed_total", func() float64 { return float64(h.Stats().Missed) })
	for _, b := range budget.Shares() {
		set.NewGauge("tetherscope_"+b.Name+"_bytes", func() float64 { return float64(b.Used()) })
		set.NewGauge("tetherscope_"+b.Name+"_limit_bytes", func() float64 { return float64(b.Limit()) })
		set.NewGauge("tetherscope_"+b.Name+"_refused_total", func() float64 { return float64(b.Refused()) })
	}
	return s
}

// watch adds what tapping costs.
func (s *stats) watch(t *tap.Tap) {
	s.set.NewGauge("tetherscope_tap_seconds_total", func() float64 { return t.Busy().Seconds() })
}

// watchScript adds what the script has done.
func (s *stats) watchScript(one *script.Script) {
	for name, value := range map[string]func(script.Status) float64{
		"calls_total":          func(n script.Status) float64 { return float64(n.Calls) },
		"changed_total":        func(n script.Status) float64 { return float64(n.Changed) },
		"dropped_total":        func(n script.Status) float64 { return float64(n.Dropped) },
		"answered_total":       func(n script.Status) float64 { return float64(n.Answered) },
		"closed_total":         func(n script.Status) float64 { return float64(n.Closed) },
		"failed_total":         func(n script.Status) float64 { return float64(n.Failed) },
		"late_total":           func(n script.Status) float64 { return float64(n.Late) },
		"restarts_total":       func(n script.Status) float64 { return float64(n.Restarts) },
		"call_seconds_total":   func(n script.Status) float64 { return n.Time.Seconds() },
		"longest_call_seconds": func(n script.Status) float64 { return n.Longest.Seconds() },
	} {
		s.set.NewGauge("tetherscope_script_"+name, func() float64 { return value(one.Status()) })
	}
	s.set.NewGauge("tetherscope_script_active", func() float64 {
		if one.Active() {
			return 1
		}
		return 0
	})
}

// watchPeers adds what comes of each peer. Labels hold addresses of the configuration.
func (s *stats) watchPeers(f *fleet.Fleet) {
	for i, p := range f.Status() {
		gauge := func(name string, value func(fleet.Status) float64) {
			s.set.NewGauge(fmt.Sprintf(`tetherscope_peer_%s{peer=%q}`, name, p.Peer), func() float64 { return value(f.Status()[i]) })
		}
		gauge("connected", func(p fleet.Status) float64 {
			if p.Connected {
				return 1
			}
			return 0
		})
		gauge("clock_ahead_seconds", func(p fleet.Status) float64 { return p.Ahead.Seconds() })
		gauge("clock_error_seconds", func(p fleet.Status) float64 { return p.Error.Seconds() })
		gauge("records_total", func(p fleet.Status) float64 { return float64(p.Records) })
		gauge("records_missed_total", func(p fleet.Status) float64 { return float64(p.Missed) })
		gauge("records_dropped_total", func(p fleet.Status) float64 { return float64(p.Dropped) })
	}
}

// wrongSecret counts a node that was refused.
func (s *stats) wrongSecret() { s.set.GetOrCreateCounter("tetherscope_peers_refused_total").Inc() }

// count takes note of a record.
func (s *stats) count(r *record.Record) {
	switch r.Kind {
	case record.KindRequest:
		s.handshakes.Inc()
	case record.KindResponse:
		s.countResponse(r)
	case record.KindFrame:
		s.countFrame(r)
	case record.KindClose:
		s.countClose(r)
	case record.KindEnd:
		s.ended.Inc()
	case record.KindBroken:
		s.broken.Inc()
	case record.KindTransit:
	case record.KindNote: // of pages, and of the script
	}
}

func (s *stats) countClose(r *record.Record) {
	s.set.GetOrCreateCounter(fmt.Sprintf(`tetherscope_closes_total{code=%q,by=%q}`, codeLabel(r.Code), r.By)).Inc()
}

func (s *stats) countResponse(r *record.Record) {
	if upgraded(r) {
		s.opened.Inc()
		return
	}
	s.refused.Inc()
}

// upgraded reports whether a response opened its connection.
func upgraded(r *record.Record) bool {
	line := firstLine(r.Head)
	return len(line) >= 12 && line[9:12] == "101"
}

func (s *stats) countFrame(r *record.Record) {
	d := r.Dir & 1
	s.frames[d][r.Header.Opcode&0xF].Inc()
	s.wire[d].AddInt64(int64(r.Header.Length &^ (1 << 63)))
	if r.Final {
		s.messages[d].Inc()
	}
	if r.Violations != 0 {
		s.violations.Inc()
	}
}

// countRun is count for all frames of a run.
func (s *stats) countRun(r *record.Run) {
	d := r.Dir & 1
	s.frames[d][frame.Text].Add(int(r.Texts))
	s.frames[d][frame.Binary].Add(int(r.Frames - r.Texts))
	s.wire[d].AddInt64(int64(r.Length))
	s.messages[d].Add(int(r.Frames))
	s.violations.Add(int(r.Repeats))
}

// codeLabel names a close code: itself if it is registered, otherwise its range, so that a client cannot make as many
// time series as there are codes.
func codeLabel(code uint16) string {
	switch {
	case code >= 1000 && code <= 1015:
		return strconv.Itoa(int(code))
	case code >= 3000 && code < 4000:
		return "3xxx"
	case code >= 4000 && code < 5000:
		return "4xxx"
	}
	return "invalid"
}

// serve answers /metrics.
func (s *stats) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	s.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w) // goroutines, memory
	metrics.WriteFDMetrics(w)      // descriptors
}

// health answers /healthz.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Server", product+"/"+s.cfg.Version)
	_, _ = w.Write([]byte("ok\n"))
}

// product names this program to another one that finds the port taken.
const product = "tetherscope"

// firstLine returns the first line of an HTTP head, without its end.
func firstLine(head []byte) string {
	if at := bytes.IndexAny(head, "\r\n"); at >= 0 {
		head = head[:at]
	}
	return string(head)
}
