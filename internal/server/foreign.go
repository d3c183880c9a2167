package server

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/internal/server/proxy"
	"github.com/tetherscope/tetherscope/internal/tap"
)

// The budget of the record for handshakes that are refused: a foreign page can cause any number of them, and must neither
// evict the capture nor fill the disk under -record. At this rate a ring of 64 MiB lasts for most of a day.
const (
	refusedBytesPerSecond = 1 << 10
	refusedBurst          = 256 << 10
	refusedAnswer         = 1 << 10 // bytes that the answer, and what stands around both heads, count for
)

func newRefusedBudget() *rate.Limiter { return rate.NewLimiter(refusedBytesPerSecond, refusedBurst) }

// foreignSocket refuses a request to a socket that a browser says a foreign page caused, unless it has an Origin that allows
// accepts. It is outside of the tap and of every limit, so that such a page can use up neither.
func (s *Server) foreignSocket(allows func(*http.Request) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin.CrossSite(r) && (len(r.Header.Values("Origin")) == 0 || !allows(r)) {
			s.stats.foreign.Inc()
			refuse(w, http.StatusForbidden, "Pages of another origin may not use this endpoint. If the page is yours, start the server with -allow-origin ORIGIN.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recordRefused returns watched for requests that are recorded, and bare, which is the same without the tap, for those that will be
// refused when the budget for their records is used up. allows is the check of Origin.
func (s *Server) recordRefused(a *access, allows func(*http.Request) bool, watched, bare http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		admitted := proxy.IsHandshake(r) && a.Host(r.Host) && headerFields(r.Header) <= maxHeaderFields && allows(r)
		if !admitted && !s.refusals.AllowN(time.Now(), len(tap.RequestHead(r))+refusedAnswer) {
			s.stats.unrecorded.Inc()
			bare.ServeHTTP(w, r)
			return
		}
		watched.ServeHTTP(w, r)
	})
}

// foreignPage refuses a request through a target that a page of another site caused, unless the user follows a link to the
// target: its server would take the cookies for the user's own will. Another port of the target's host name is another site as
// well; what has an Origin is decided by that.
func foreignPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin.CrossSiteWithoutOrigin(r) && !origin.Navigation(r) {
			refuse(w, http.StatusForbidden, "Pages of another site may link to this target, and not embed or fetch what is on it.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
