package control

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/tap"
	"github.com/tetherscope/tetherscope/scope/act"
)

// MaxSnap returns the most that a capture of so many bytes keeps of a payload: a frame and the message that it ends are
// kept together, so each may take half of it.
func MaxSnap(ring int) int { return max(act.MinSnap, min(ring/2, tap.MaxSnap)) }

// snap answers with how much is kept of each payload.
func (a *API) snap(w http.ResponseWriter, _ *http.Request) {
	answer(w, act.Snap{Bytes: a.tap.Snap(), Max: MaxSnap(a.ring.Stats().Limit)})
}

// setSnap changes how much is kept of each payload.
func (a *API) setSnap(w http.ResponseWriter, r *http.Request) {
	var in act.Snap
	if !read(w, r, &in) {
		return
	}
	limit := a.ring.Stats().Limit
	if most := MaxSnap(limit); in.Bytes < act.MinSnap || in.Bytes > most {
		fail(w, http.StatusBadRequest, &act.Failure{Field: "bytes", Text: fmt.Sprintf(
			"%d is not between %d and %d bytes: at most 64 MiB, and half of the memory for the capture, which is %d MiB (-ring)", in.Bytes, act.MinSnap, most, limit>>20)})
		return
	}
	a.tap.SetSnap(in.Bytes)
	a.snap(w, r)
}

// page answers with a part of a payload or message that the capture holds.
func (a *API) page(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	from, err2 := strconv.ParseUint("0"+r.URL.Query().Get("from"), 10, 31)
	part := r.URL.Query().Get("part")
	if err != nil || err2 != nil || part != act.PartPayload && part != act.PartMessage {
		fail(w, http.StatusBadRequest, &act.Failure{Text: "the path is /api/records/NUMBER/page?part=payload|message&from=BYTE"})
		return
	}
	var out act.Page
	isFrame := false
	found := a.ring.Record(seq, func(rec *record.Record) {
		whole := rec.Payload
		if part == act.PartMessage {
			whole = rec.Bytes()
		}
		isFrame = rec.Kind == record.KindFrame
		out.Size, out.From = len(whole), min(int(from), len(whole))
		out.Bytes = bytes.Clone(whole[out.From:min(out.From+act.PageSize, len(whole))])
	})
	if !found || !isFrame {
		fail(w, http.StatusNotFound, &act.Failure{Text: "the capture does not hold a frame with record number " + strconv.FormatUint(seq, 10) + ": it was discarded for newer ones, or never was"})
		return
	}
	answer(w, out)
}
