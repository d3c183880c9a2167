package model

import "slices"

// maxAnswers is of how many answers [Percentiles] are: the newest of those that are shown. maxAsked is how many shown rows are looked at
// for them.
const (
	maxAnswers = 20_000
	maxAsked   = 200_000
)

// percentiles are kept until other rows are shown: the statistics are drawn several times a second.
type percentiles struct {
	of   [4]uint64 // the matches they are of: how many, where the scan is, how many were evicted, and where the search for pairs is
	last Percentiles
}

// get returns the percentiles of the matches. Paired is the row to which the search for pairs has come.
func (p *percentiles) get(s *search, paired uint64) Percentiles {
	of := [4]uint64{uint64(s.found.len()), s.found.next, uint64(s.found.gone), paired}
	if p.of != of {
		p.of, p.last = of, percentilesOf(s)
	}
	return p.last
}

func percentilesOf(s *search) (out Percentiles) {
	var times []int64
	first := max(0, s.found.len()-maxAsked)
	for i := s.found.len() - 1; i >= first && len(times) < maxAnswers; i-- {
		if ns := s.store.Row(s.found.at(i)).ResponseTime(); ns > 0 {
			times = append(times, ns)
		}
	}
	if len(times) == 0 {
		return out
	}
	slices.Sort(times)
	at := func(percent int) int64 { return times[(len(times)*percent+99)/100-1] } // nearest rank
	return Percentiles{len(times), at(50), at(95), at(99), times[len(times)-1], len(times) == maxAnswers || first > 0}
}
