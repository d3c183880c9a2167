package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/panel/model/rows"
)

// What stands above the detail of a row.

func titleOf(d *selection) string {
	if d.connOnly {
		return "Connection " + ConnLabel(d.conn)
	}
	switch d.rec.Kind {
	case record.KindFrame:
		what := d.rec.Header.Opcode.String() + " frame"
		if d.rec.Final {
			what = d.opcode.String() + " message " + format.Uint(d.rec.Message)
		}
		return d.rec.Dir.Arrow() + " " + what
	case record.KindRequest:
		return "Handshake request"
	case record.KindResponse:
		return "Handshake response"
	case record.KindClose:
		return "Connection closed"
	case record.KindEnd:
		return "TCP connection ended"
	case record.KindTransit: // no row
	case record.KindNote:
		return "Client note: " + d.rec.Name
	case record.KindBroken:
		return d.rec.Dir.Arrow() + " Decoding stopped"
	case rows.KindGap:
		return "Gap"
	}
	return "Record"
}

func subtitle(d *details) string {
	s := d.sel
	out := ""
	if !s.connOnly {
		out = "record " + recordNumber(s) + " · " + format.Stamp(s.rec.Time, d.zone)
	}
	k := d.conns.byID[s.conn]
	if s.conn == 0 || k == nil {
		return out
	}
	if out != "" {
		out += " · "
	}
	return out + "connection " + ConnLabel(k.ID) + " " + k.FullName()
}

// recordNumber returns the selected record's number.
func recordNumber(d *selection) string {
	if d.conn >= pageConns {
		return "p" + format.Count(d.rec.Offset)
	}
	return format.Count(d.rec.Seq)
}
