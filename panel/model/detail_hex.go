package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/render"
)

// HexDetail is the Hex tab: the whole frame, header and payload.
type HexDetail struct {
	Lines     []render.HexLine
	Page      render.ResultPage
	CanMask   bool    // the frame has a masking key
	As        BytesAs // how a masked payload is shown
	Cut       string
	HeadBytes bool // the header's bytes are part of it
}

func hexDetail(d *selection) *HexDetail {
	if d.rec.Kind != record.KindFrame {
		b := append([]byte(d.rec.Reason), d.rec.Head...)
		p := render.ResultPageOf(d.page, len(b), render.HexPage)
		return &HexDetail{Lines: render.HexLines(b, nil, p.Index), Page: p}
	}
	if d.rec.Source == record.SourcePage {
		p := render.ResultPageOf(d.page, len(d.rec.Payload), render.HexPage)
		return &HexDetail{Lines: render.HexLines(d.rec.Payload, nil, p.Index), Page: p}
	}
	masked := d.rec.Header.Masked
	b, marks := frameBytes(d, d.bytesAs != BytesPlain)
	p := render.ResultPageOf(d.page, len(b), render.HexPage)
	out := &HexDetail{Page: p, HeadBytes: true, CanMask: masked, As: d.bytesAs}
	if masked && d.bytesAs == BytesTwin {
		plain, _ := frameBytes(d, false)
		out.Lines = render.HexTwins(b, plain, marks, p.Index)
	} else {
		out.Lines = render.HexLines(b, marks, p.Index)
	}
	if d.cutPayload {
		out.Cut = "Truncated: first " + format.Count(uint64(len(d.rec.Payload))) + " of " + format.Plural(d.rec.Header.Length, "payload byte")
	}
	return out
}

// frameBytes rebuilds the frame as it was on the wire, or with its payload unmasked, and says which bytes are what.
func frameBytes(d *selection, masked bool) ([]byte, []render.Mark) {
	h := d.rec.Header
	b := frame.AppendHeader(nil, h)
	marks := headerMarks(h, len(b))
	at := len(b)
	b = append(b, d.rec.Payload...)
	if masked && h.Masked {
		for i := range b[at:] {
			b[at+i] ^= h.Key[i&3]
		}
	}
	return b, append(marks, render.Mark{To: len(b), Fields: "payload"})
}

// headerMarks says which of the n header bytes belong to which fields.
func headerMarks(h frame.Header, n int) []render.Mark {
	marks := []render.Mark{{To: 1, Fields: "fin rsv1 rsv2 rsv3 opcode"}, {To: 2, Fields: "mask len"}}
	key := n
	if h.Masked {
		key -= 4
	}
	if key > 2 {
		marks = append(marks, render.Mark{To: key, Fields: "ext"})
	}
	if h.Masked {
		marks = append(marks, render.Mark{To: n, Fields: "key"})
	}
	return marks
}
