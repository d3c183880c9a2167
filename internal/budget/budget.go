package budget

import (
	"runtime"
	"sync/atomic"
)

// Share is the part of the budget that one kind of use has. Its methods may be called by any goroutine.
type Share struct {
	// Name is a word of lower case letters and underscores, as it stands in metrics.
	Name string
	// Means says in half a sentence what is held, and Refusal what happens where there is no room.
	Means, Refusal string

	limit   atomic.Int64
	used    atomic.Int64
	peak    atomic.Int64
	refused atomic.Uint64
	read    atomic.Pointer[func() int64]
}

// The shares of this process.
var (
	// Unfinished is for frames and messages that have not ended, beside the first 64 KiB of each.
	Unfinished = share("unfinished_messages", 64<<20, "frames and messages that have not ended", "the rest of it is not kept; a compressed message is known by its length on the wire only")
	// Windows is for what decoders remember of compressed messages with context takeover (RFC 7692 §7.1.1), 32 KiB for each direction at most.
	Windows = share("inflate_windows", 128<<20, "the ends of inflated messages that later ones refer to", "later messages of that direction are not inflated")
	// Intercepted is for frames that wait for a decision.
	Intercepted = share("intercepted_frames", 128<<20, "frames that wait for a decision", "the frame is forwarded at once")
	// Delayed is for frames that fault rules pass on later, beside the first 64 KiB of each direction.
	Delayed = share("delayed_frames", 128<<20, "frames that fault rules delay", "the sender is not read until frames of its have left")
	// Packets is for what readers of packets keep until something follows: segments, heads, TLS records, tables of HTTP/2, secrets, and the
	// connections themselves.
	Packets = share("packets", 256<<20, "parts of packet captures that wait for what follows", "missing packets are not waited for, or a connection is not decoded; the capture says how often")
	// Importers is for records of files that must be put in order before they can be passed on.
	Importers = share("importers", 1<<30, "records of files that are put in order", "the rest of the file is not read, which is reported as damage")
	// Sessions is for messages of sessions that outlive their connections. Its owner keeps the account: see [Share.Report].
	Sessions = share("sessions", 64<<20, "messages of sessions of /ws/resume", "detached sessions end, and then clients wait; not counted here")
)

// Inflating is for what the tap inflates of messages past 32 times their size, so that a flood of deflate bombs leaves the processor to
// others: 64 MiB per second cost about a fifth of a core.
var Inflating = &Pace{perSecond: 64 << 20}

func init() {
	Inflating.Share = share("inflating", 256<<20, "inflated bytes past 32 times their message, in a few seconds", "only the start of the message is inflated")
}

var shares []*Share

func share(name string, limit int64, means, refusal string) *Share {
	s := &Share{Name: name, Means: means, Refusal: refusal}
	s.limit.Store(limit)
	shares = append(shares, s)
	return s
}

// Shares returns all shares, in a fixed order.
func Shares() []*Share { return shares }

// Limit returns how many bytes the share has.
func (s *Share) Limit() int64 { return s.limit.Load() }

// SetLimit changes the limit, for tests, and returns what sets it back.
func (s *Share) SetLimit(bytes int64) (restore func()) {
	was := s.limit.Swap(bytes)
	return func() { s.limit.Store(was) }
}

// Used returns how many bytes are taken now.
func (s *Share) Used() int64 {
	if f := s.read.Load(); f != nil {
		return (*f)()
	}
	return s.used.Load()
}

// Peak returns the most bytes that were ever taken; 0 for a share that is reported.
func (s *Share) Peak() int64 { return s.peak.Load() }

// Refused returns how often there was no room since the process began.
func (s *Share) Refused() uint64 { return s.refused.Load() }

// Report makes f the source of what is used, for an owner that keeps the account and the limit itself. The last one counts.
func (s *Share) Report(f func() int64) { s.read.Store(&f) }

// Take takes n bytes and reports whether there was room. Where there was none, nothing is taken and that is counted.
func (s *Share) Take(n int64) bool {
	now := s.used.Add(n)
	if n > 0 && now > s.limit.Load() {
		s.used.Add(-n)
		s.refused.Add(1)
		return false
	}
	most := s.peak.Load()
	for now > most && !s.peak.CompareAndSwap(most, now) {
		most = s.peak.Load()
	}
	return true
}

// Return gives n bytes back.
func (s *Share) Return(n int64) { s.used.Add(-n) }

// Lease is what one owner has of a share. What it has is given back when the owner is garbage, at the latest. The zero value has nothing; it
// is for one goroutine and must not be copied.
type Lease struct {
	anchor *[32]byte // becomes unreachable with the owner
	held   *held
}

type held struct {
	of    *Share
	bytes atomic.Int64
}

// leaseStep is the granularity of [Lease.Hold] in bytes.
const leaseStep = 64 << 10

// Hold is [Lease.Resize] rounded up to whole steps of 64 KiB, for an owner whose need changes all the time.
func (l *Lease) Hold(s *Share, n int64) bool {
	n = (max(0, n) + leaseStep - 1) / leaseStep * leaseStep
	if l.held != nil && l.held.bytes.Load() == n {
		return true
	}
	return l.Resize(s, n)
}

// Resize changes the lease to n bytes of a share, always the same one, and reports whether there was room. It may always become smaller.
func (l *Lease) Resize(s *Share, n int64) bool {
	if l.held == nil {
		if n == 0 {
			return true
		}
		l.anchor, l.held = new([32]byte), &held{of: s}
		runtime.AddCleanup(l.anchor, func(h *held) { h.of.Return(h.bytes.Load()) }, l.held)
	}
	if !s.Take(n - l.held.bytes.Load()) {
		return false
	}
	l.held.bytes.Store(n)
	return true
}
