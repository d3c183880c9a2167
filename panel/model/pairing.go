package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/decode"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// maxLag is how many rows the search for pairs may lag behind before it passes over the older ones, which are then counted.
const maxLag = 200_000

// Pairing is where a person says that the key of requests and answers stands, and what is wrong with that.
type Pairing struct {
	Request, Answer string
	Problem         string // the paths before stay active
}

// pairing is the search for requests and their answers, which goes over the rows once, when nothing else is to be done. It
// decodes each message, and so counts the kinds of messages as well.
type pairing struct {
	store    *rows.Store
	conns    *conns
	counts   *counts
	decoding *decoding

	next    uint64 // the row to look at next
	runs    uint64 // how often it began again
	counted uint64 // rows before this one are in the statistics
	paths   Pairing
	request []string // the person's path; nil when only protocols say what belongs together
	answer  []string
}

// set takes the paths of a person and looks for pairs again in the rows that are kept.
func (p *pairing) set(requestPath, answerPath string) {
	r, err := decode.ParsePath(requestPath)
	a, err2 := decode.ParsePath(answerPath)
	if err == nil {
		err = err2
	}
	if err != nil {
		p.paths.Problem = err.Error()
		return
	}
	if len(a) == 0 {
		a = r
	}
	p.use(Pairing{Request: requestPath, Answer: answerPath}, r, a)
	p.next = max(p.store.Oldest(), p.counts.mark.from)
	p.runs++
	p.counts.stats.latencies = [numLatencies]uint64{}
	for _, k := range p.conns.order {
		k.pending = [2][2]pendingRequests{}
		k.messageStats().latencies = [numLatencies]uint64{}
	}
}

// use makes paths active without looking for pairs again.
func (p *pairing) use(paths Pairing, request, answer []string) {
	p.paths, p.request, p.answer = paths, request, answer
	p.decoding.whole = request != nil
}

// forget passes over evicted rows.
func (p *pairing) forget(oldest uint64) { p.next = max(p.next, oldest) }

// lag returns how many rows are not looked at yet.
func (p *pairing) lag() uint64 { return p.store.End() - p.next }

// step looks at rows as far as the budget reaches and reports whether there were any.
func (p *pairing) step(budget int) bool {
	end := p.store.End()
	if p.next >= end {
		return false
	}
	if p.lag() > maxLag {
		p.counts.stats.unread += end - maxLag/2 - min(max(p.next, p.counted), end-maxLag/2)
		p.next = end - maxLag/2
	}
	for p.next < end && budget > 0 {
		budget -= 4
		if r := p.store.Row(p.next); r.EndsMessage() {
			p.pair(r)
			budget -= summaryCost
		}
		p.next++
	}
	return true
}

// pair decodes a message, counts its kind, and ties it to the request that it answers.
func (p *pairing) pair(r rows.Row) {
	v := p.decoding.brief(r)
	k := p.conns.of(r)
	p.count(k, &v, r)
	r.Unpair()
	if k == nil {
		return
	}
	leg, dir := r.Leg()&1, r.Dir()
	asked := &k.pending[leg][1-dir]
	pair := p.pairOf(&v, asked)
	if pair.Key == "" {
		return
	}
	switch pair.Role {
	case decode.Request:
		k.pending[leg][dir].put(pair.Key, openRequest{id: r.ID(), time: r.Time()})
	case decode.Response:
		if x, ok := asked.of[pair.Key]; ok && x.id < r.ID() {
			p.answered(k, x, r)
			x.answered = true
			asked.of[pair.Key] = x
		}
	case decode.None:
	}
}

// count counts a message for the statistics, once, when it came after the last Clear.
func (p *pairing) count(k *Conn, v *decode.View, r rows.Row) {
	id := r.ID()
	if id >= p.counts.mark.from && id >= p.counted {
		shape := shapeOf(v.Summary)
		p.counts.stats.note(v, shape, r)
		if k != nil {
			k.messageStats().note(v, shape, r)
		}
	}
	p.counted = max(p.counted, id+1)
}

// answered ties an answer to its request. Of several answers the statistics count the first.
func (p *pairing) answered(k *Conn, x openRequest, r rows.Row) {
	ns := max(1, r.Time()-x.time)
	p.store.Answer(x.id, r.ID(), ns)
	if !x.answered && r.ID() >= p.counts.mark.from {
		p.counts.stats.answered(ns)
		k.messageStats().answered(ns)
	}
}

// pairOf returns how a message belongs to others: as the person's paths say, else as its protocol does. A message whose
// answer key is among the pending requests of the other side is an answer; else one with a request key is a request.
func (p *pairing) pairOf(v *decode.View, pending *pendingRequests) decode.Pair {
	own := v.Pair
	if own.Key != "" {
		own.Key = v.Decoder + own.Key
	}
	if p.request == nil {
		return own
	}
	if key, ok := v.Find(p.answer); ok {
		if _, asked := pending.of[userKey(key)]; asked {
			return decode.Pair{Role: decode.Response, Key: userKey(key)}
		}
	}
	if key, ok := v.Find(p.request); ok {
		return decode.Pair{Role: decode.Request, Key: userKey(key)}
	}
	return own
}

func userKey(key string) string { return "\x00" + key }
