package model

import "github.com/tetherscope/tetherscope/panel/model/decode"

// Pairing is where a person says that the key of requests and answers stands, and what is wrong with that.
type Pairing struct {
	Request, Answer string
	Problem         string // the paths before stay in force
}

// Pairing returns what is in force.
func (m *Model) Pairing() Pairing { return m.pairs.said }

// setPairing takes the paths of a person and looks for pairs again in the rows that are held.
func (m *Model) setPairing(request, answer string) {
	p := &m.pairs
	r, err := decode.ParsePath(request)
	a, err2 := decode.ParsePath(answer)
	if err == nil {
		err = err2
	}
	if err != nil {
		p.said.Problem = err.Error()
		return
	}
	if len(a) == 0 {
		a = r
	}
	p.said, p.request, p.answer = Pairing{Request: request, Answer: answer}, r, a
	p.next = max(m.store.oldest, m.cleared.from)
	m.known.latencies = [numLatencies]uint64{}
	for _, k := range m.conns.order {
		k.asks = [2][2]asks{}
		k.knows().latencies = [numLatencies]uint64{}
	}
}

// pairOf returns how a message belongs to others: as the person's paths say, else as its protocol does. A message whose
// answer key somebody on the other side waits for is an answer; else one with a request key asks.
func (p *pairs) pairOf(v *decode.View, open *asks) decode.Pair {
	own := v.Pair
	if own.Key != "" {
		own.Key = v.Decoder + own.Key
	}
	if p.request == nil {
		return own
	}
	if key, ok := v.Find(p.answer); ok {
		if _, asked := open.of[userKey(key)]; asked {
			return decode.Pair{Role: decode.Response, Key: userKey(key)}
		}
	}
	if key, ok := v.Find(p.request); ok {
		return decode.Pair{Role: decode.Request, Key: userKey(key)}
	}
	return own
}

func userKey(key string) string { return "\x00" + key }
