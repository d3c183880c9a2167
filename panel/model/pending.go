package model

// maxPending is how many open requests are remembered for each direction of a connection.
const maxPending = 256

// pendingRequests are the requests of one direction that have no final answer yet; a request may have several answers.
type pendingRequests struct {
	of    map[string]openRequest
	order []string
}

// openRequest is a message that waits for its answer.
type openRequest struct {
	id       uint64
	time     int64
	answered bool
}

func (p *pendingRequests) put(key string, r openRequest) {
	if p.of == nil {
		p.of = map[string]openRequest{}
	}
	if _, known := p.of[key]; !known {
		if len(p.order) >= maxPending {
			delete(p.of, p.order[0])
			p.order = p.order[1:]
		}
		p.order = append(p.order, key)
	}
	p.of[key] = r
}
