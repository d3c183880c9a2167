package ledger

// Story is what one client has lived through: its own side of two ledgers, the other side of which the server has. A page
// sends it to its test as JSON.
type Story struct {
	Sent       int   // messages up
	Unanswered []int // of them, those without an answer from the server
	Down       Balance
	Lost       int // connections, of any cause
	Silent     int // of them, those that the heartbeat gave up
	Opened     int
	Resumed    int
	Gaps       int
	Ended      string // why the client is at its end, if it is
}

// Acknowledged returns which of the missing messages had been answered: those the server cannot have lost.
func (s Story) Acknowledged(missing []int) (list []int) {
	open := map[int]bool{}
	for _, n := range s.Unanswered {
		open[n] = true
	}
	for _, n := range missing {
		if !open[n] {
			list = append(list, n)
		}
	}
	return list
}
