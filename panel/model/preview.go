package model

import (
	"bytes"
	"unicode/utf8"

	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/record"
)

// How much of a payload a row of the grid shows, in bytes.
const (
	textPreview   = 240
	binaryPreview = 32
)

// rowPreview returns the preview cell of a row: what is in it, in one line.
func rowPreview(s *store, pg *page, i int, v View) string {
	switch pg.kind[i] {
	case record.KindPassed: // no row
	case record.KindFrame:
		return framePreview(s, pg, i, v)
	case record.KindRequest, record.KindResponse:
		if pg.kept[i] == 0 && pg.kind[i] == record.KindRequest {
			name, remote := s.parties(pg, i)
			return preview([]byte(name+" from "+remote), textPreview)
		}
		line, _, _ := bytes.Cut(s.payload(pg, i), []byte("\r\n"))
		return preview(line, textPreview)
	case record.KindNote:
		return preview(s.payload(pg, i), textPreview)
	case record.KindClose:
		if pg.flags[i]&rowPage != 0 { // a page is not told who began it
			return closePreview(pg.code[i], s.payload(pg, i)) + cleanWord(pg.flags[i]&rowClean != 0)
		}
		return closePreview(pg.code[i], s.payload(pg, i)) + " · " + closedBy(record.Side(pg.size[i]), pg.flags[i]&rowClean != 0)
	case record.KindEnd:
		return endPreview(record.Side(pg.size[i]), s.payload(pg, i))
	case record.KindBroken:
		return "decoding stopped at byte " + Count(pg.offset[i]) + ": " + preview(s.payload(pg, i), textPreview)
	case kindGap:
		return gapPreview(pg.length[i], gapReason(pg.code[i]))
	}
	return "a record that this panel does not know: update it"
}

func framePreview(s *store, pg *page, i int, v View) string {
	o := frame.Opcode(pg.first[i] & 0xF)
	b := s.payload(pg, i)
	if v == Messages || pg.flags[i]&rowFinal != 0 && pg.frames[i] == 1 {
		b = s.content(pg, i)
	}
	switch {
	case o == frame.Close:
		code, reason, _ := frame.ParseClose(b)
		return closePreview(code, []byte(reason))
	case len(b) == 0 && pg.length[i] > 0 && pg.kept[i] == 0:
		return "payload not captured"
	case v == Frames && pg.flags[i]&rowCompressed != 0 && (pg.flags[i]&rowFinal == 0 || pg.frames[i] != 1):
		return hexPreview(b, binaryPreview)
	case pg.opcode[i] == frame.Text && readable(b), o.IsControl() && readable(b):
		return preview(b, textPreview)
	}
	return hexPreview(b, binaryPreview)
}

// readable reports whether the start of b is text, but for a rune that the snap length cut.
func readable(b []byte) bool {
	b = b[:min(len(b), textPreview)]
	for n := 0; n < utf8.UTFMax && len(b) > 0; n++ {
		if utf8.Valid(b) {
			return true
		}
		b = b[:len(b)-1]
	}
	return len(b) == 0
}

func closePreview(code uint16, reason []byte) string {
	name, _ := frame.CloseCodeText(code)
	out := utoa(uint64(code)) + " " + name
	if len(reason) > 0 {
		out += " · “" + preview(reason, textPreview) + "”"
	}
	return out
}

func closedBy(by record.Side, clean bool) string {
	out := "closed by " + by.String()
	if by == record.SideNone {
		out = "no close frame"
	}
	if !clean {
		out += ", not clean"
	}
	return out
}

func cleanWord(clean bool) string {
	if clean {
		return " · clean"
	}
	return " · not clean"
}

func endPreview(by record.Side, words []byte) string {
	out := "TCP ended"
	if by != record.SideNone {
		out += " by " + by.String()
	}
	if len(words) > 0 {
		out += ": " + preview(words, textPreview)
	}
	return out
}

func gapPreview(n uint64, why gapReason) string {
	records := Count(n) + " records "
	if n == 1 {
		records = "1 record "
	}
	switch why {
	case gapFeed:
		return records + "missing: the feed was down or this panel too slow"
	case gapBefore:
		return records + "older than what the server still had"
	case gapPage:
		return records + "left out: the page had more to tell than the panel took"
	case gapPaused:
		return records + "passed while recording was off"
	}
	return records + "missing"
}
