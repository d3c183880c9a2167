package server

import (
	"encoding/json"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/scope/act"
)

// liveStatus is the state of a live capture.
type liveStatus struct {
	Source string
	Ended  bool
	counts *pcap.Counts
}

// livePackets answers what the live capture has passed over so far, by reason.
func (s *Server) livePackets(w http.ResponseWriter, _ *http.Request) {
	answer := act.Packets{Omitted: []act.Omission{}}
	if l := s.live.Load(); l != nil {
		answer.Source, answer.Ended = l.Source, l.Ended
		for _, o := range l.counts.List() {
			answer.Omitted = append(answer.Omitted, act.Omission(o))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}
