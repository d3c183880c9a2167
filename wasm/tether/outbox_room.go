package tether

// How a message finds room in an outboxList: in the place of one with its key, or of the oldest.

func (o *outboxList) fits(p *outgoing) bool {
	return o.len() < o.most(p) && o.bytes+len(p.Data) <= o.limits.Bytes
}

// most is how many messages may wait once p does.
func (o *outboxList) most(p *outgoing) int {
	if p.urgent {
		return o.limits.Messages + urgentReserve
	}
	return o.limits.Messages
}

// find returns where a message with this key waits, or -1.
func (o *outboxList) find(key string) int {
	if key == "" {
		return -1
	}
	for i := o.free(); i < len(o.list); i++ {
		if o.list[i].key == key {
			return i
		}
	}
	return -1
}

// replace puts p into the place of the message at i, which stays urgent if it was: what is newer never goes later. An
// urgent message that replaces an ordinary one goes to the urgent ones.
func (o *outboxList) replace(i int, p outgoing) {
	old := o.supersede(i)
	if p.urgent == old.urgent || old.urgent {
		p.urgent = old.urgent
		o.insertAt(i, p)
		return
	}
	o.insert(p)
}

// supersede takes out the message at i because a newer one with its key is about to be taken.
func (o *outboxList) supersede(i int) outgoing {
	old := o.remove(i)
	o.replaced++
	old.receipt.settle(StageDiscarded, ErrReplaced)
	return old
}

// canMakeRoom reports whether p fits once everything that may be dropped is gone: nothing is dropped in vain. The message
// at old, if that is not -1, is one that p replaces. A message that the transport has in its hands cannot be dropped.
func (o *outboxList) canMakeRoom(p *outgoing, old int) bool {
	messages, bytes := o.len(), o.bytes
	for i := o.free(); i < len(o.list); i++ {
		if !o.list[i].urgent || i == old {
			messages--
			bytes -= len(o.list[i].Data)
		}
	}
	return messages < o.most(p) && bytes+len(p.Data) <= o.limits.Bytes
}

// makeRoom drops the oldest until p fits, and takes p. The message at old goes first, and p is urgent if that was.
func (o *outboxList) makeRoom(p outgoing, old int) {
	if old >= 0 {
		p.urgent = o.supersede(old).urgent || p.urgent
	}
	o.drop(dropFull, func(q *outgoing) bool {
		return !q.urgent && !o.fits(&p) && (len(q.Data) > 0 || o.len() >= o.most(&p))
	})
	o.insert(p)
}
