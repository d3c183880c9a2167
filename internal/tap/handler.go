package tap

import (
	"context"
	"net/http"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// Handler returns next with its connections tapped under the given name. A request that next does not upgrade is
// recorded too, as a refused handshake.
func (t *Tap) Handler(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := t.conns.Add(1)
		raw := rawHeads(r)
		request := redact.Head(recordedHead(r, raw))
		number, what := t.evaluateHandshake()
		asked := &record.Record{
			Time: t.log.now(), Conn: id, Kind: record.KindRequest, Head: request, Name: name, Remote: r.RemoteAddr, Waited: raw.waited(),
			Marks: rewrittenBy(what.Request),
		}
		if what.Redirect != "" {
			asked.Marks = record.Rewritten
		}
		if find := t.log.cfg.Program; find != nil {
			asked.Program = find(r)
		}
		t.log.append(asked)
		if !t.handshake(w, r, id, &what) {
			return
		}
		tw := &responseWriter{
			ResponseWriter: w, tap: t, id: id, name: name, request: request, words: record.WordsOf(asked), raw: raw, number: number, rules: what,
		}
		if len(what.Request) > 0 {
			tw.sent = RequestHead(r)
			apply(r.Header, what.Request)
		}
		next.ServeHTTP(tw, r.WithContext(context.WithValue(r.Context(), handledKey{}, tw)))
		if !tw.hijacked {
			t.log.response(id, redact.Head(answerHead(request, responseHead(tw.code(), w.Header()))), tw.reached, rewrittenBy(what.Response))
		}
	})
}

type handledKey struct{}

// Number returns the number under which the connection of r is recorded; 0 when it is not.
func Number(r *http.Request) uint32 {
	if w, ok := r.Context().Value(handledKey{}).(*responseWriter); ok {
		return w.id
	}
	return 0
}

// Reached is for a proxy: it says how the target of r was reached, for the record of the answer, which comes after it.
func Reached(r *http.Request, how record.Reached) {
	if w, ok := r.Context().Value(handledKey{}).(*responseWriter); ok {
		w.reached = how
	}
}
