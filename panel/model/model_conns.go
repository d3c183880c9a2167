package model

import "slices"

// ConnGroups returns the connections of [Model.Conns] by program and host, the group with the newest connection first, and how many there
// are without the search. With a search, in lower case, only those are in it whose path, host, program or number has it. Beyond
// [MaxListed], connections are counted only.
func (m *Model) ConnGroups(search string) (groups []ConnGroup, all int) {
	at, listed := map[string]int{}, 0
	for _, k := range slices.Backward(m.conns.order) {
		if m.isPast(k) {
			continue
		}
		all++
		if search != "" && !k.matches(search) {
			continue
		}
		key := k.groupKey()
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key] = i
			groups = append(groups, newGroup(key, k))
		}
		g := &groups[i]
		if listed == MaxListed || len(g.Conns) == maxInGroup {
			g.More++
			continue
		}
		listed++
		c := *k
		c.Tally = m.counts.tallyOf(k)
		g.Conns = append(g.Conns, c)
	}
	return groups, all
}

// isPast reports whether a connection has ended, and has no rows since the last Clear.
func (m *Model) isPast(k *Conn) bool {
	return (k.State == Closed || k.State == Refused) && k.last < m.search.from
}
