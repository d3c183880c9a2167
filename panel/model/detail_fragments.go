package model

import (
	"strconv"

	"github.com/tetherscope/tetherscope/panel/model/format"
)

// FragmentLink leads to one frame of a message.
type FragmentLink struct {
	ID    uint64
	Label string // "2 · #57 · continuation · 1,024"
	Here  bool   // the selected row
	Whole bool   // the frame that ends the message: its row has the whole of it
}

// fragmentLinks lists the frames of the selected message or part, and how many of them are not listed.
func fragmentLinks(d *selection) (links []FragmentLink, hidden int) {
	if r, ok := d.row(); ok {
		d.fragments = r.Parts()
	}
	total := int(d.rec.Frames)
	for _, id := range d.fragments {
		if !d.store.Has(id) {
			continue
		}
		r := d.store.Row(id)
		if r.Final() {
			total = int(r.Frames())
		}
		links = append(links, FragmentLink{
			ID: id, Here: id == d.id, Whole: r.Final(),
			Label: strconv.Itoa(int(r.Frames())) + " · #" + format.Uint(r.Seq()) + " · " + r.Opcode().String() + " · " + format.Size(r.Length()),
		})
	}
	if d.rec.Frames > 1 || len(links) > 0 && links[len(links)-1].Whole {
		hidden = max(0, total-len(links))
	}
	return links, hidden
}
