package model

import "github.com/tetherscope/tetherscope/internal/record"

// What stands above the detail of a row.

func (d *detailState) title() string {
	if d.connOnly {
		return "Connection " + ConnLabel(d.conn)
	}
	switch d.rec.Kind {
	case record.KindFrame:
		what := d.rec.Header.Opcode.String() + " frame"
		if d.rec.Final {
			what = d.opcode.String() + " message " + utoa(d.rec.Message)
		}
		return arrow(d.rec.Dir) + " " + what
	case record.KindRequest:
		return "Handshake request"
	case record.KindResponse:
		return "Handshake response"
	case record.KindClose:
		return "Connection closed"
	case record.KindEnd:
		return "TCP connection ended"
	case record.KindPassed: // no row
	case record.KindNote:
		return "The client told: " + d.rec.Name
	case record.KindBroken:
		return arrow(d.rec.Dir) + " Decoding stopped"
	case kindGap:
		return "Gap"
	}
	return "Record"
}

func (m *Model) detailSub() string {
	d := &m.detail
	out := ""
	if !d.connOnly {
		out = "record " + d.number() + " · " + stamp(d.rec.Time, m.zone)
	}
	k := m.conns.byID[d.conn]
	if d.conn == 0 || k == nil {
		return out
	}
	if out != "" {
		out += " · "
	}
	return out + "connection " + ConnLabel(k.ID) + " " + k.Name
}

// number returns the selected record's number.
func (d *detailState) number() string {
	if d.conn >= pageConns {
		return "p" + Count(d.rec.Offset)
	}
	return Count(d.rec.Seq)
}
