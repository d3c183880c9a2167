package ledger

import (
	"fmt"
	"slices"
	"sync"
)

// Ledger is one direction. The zero value is ready; its methods may be called by any goroutine.
type Ledger struct {
	mu      sync.Mutex
	balance Balance
	last    int
	missing map[int]bool
	broken  bool
}

// Balance is what a [Ledger] says. In a ledger whose sender is elsewhere, Sent is 0.
type Balance struct {
	Sent       int // numbers that Next has given out
	Arrived    int // different numbers
	Duplicated int
	Reordered  int
	Undetected int // numbers skipped where nothing had been announced, also if they came later
}

// Plus adds two balances up.
func (b Balance) Plus(o Balance) Balance {
	return Balance{
		b.Sent + o.Sent, b.Arrived + o.Arrived, b.Duplicated + o.Duplicated,
		b.Reordered + o.Reordered, b.Undetected + o.Undetected,
	}
}

// Faults is how many messages were wrong, announced or not.
func (b Balance) Faults() int { return b.Duplicated + b.Reordered + b.Undetected }

func (b Balance) String() string {
	return fmt.Sprintf("%d sent, %d arrived, %d duplicated, %d reordered, %d in undetected gaps",
		b.Sent, b.Arrived, b.Duplicated, b.Reordered, b.Undetected)
}

// Next gives out the number of the next message.
func (l *Ledger) Next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.balance.Sent++
	return l.balance.Sent
}

// Break records that the connection ended, and that messages in transit may be lost.
func (l *Ledger) Break() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = true
}

// Arrived enters a number. What is not positive never was sent: a duplicate of nothing.
func (l *Ledger) Arrived(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.missing[n]:
		delete(l.missing, n)
		l.balance.Reordered++
		l.balance.Arrived++
		return
	case n <= l.last:
		l.balance.Duplicated++
		return
	}
	if !l.broken {
		l.balance.Undetected += n - l.last - 1
	}
	for lost := l.last + 1; lost < n; lost++ {
		if l.missing == nil {
			l.missing = map[int]bool{}
		}
		l.missing[lost] = true
	}
	l.last, l.broken = n, false
	l.balance.Arrived++
}

// Balance returns the state of the account.
func (l *Ledger) Balance() Balance {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.balance
}

// Missing returns which of the numbers up to sent have not arrived.
func (l *Ledger) Missing(sent int) (list []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.missing {
		list = append(list, n)
	}
	slices.Sort(list)
	for n := l.last + 1; n <= sent; n++ {
		list = append(list, n)
	}
	return list
}
