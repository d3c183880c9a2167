package controller

import "github.com/tetherscope/tetherscope/panel/model"

// picture is what the page was given to draw. The core's lock guards it.
type picture struct {
	first *byte // of its bytes
	url   string
}

// show gives the page the picture of the detail, once, and takes it away when it is not shown any more.
func (p *picture) show(page Page, v *model.DecodedDetail) string {
	switch {
	case v == nil || v.Picture == nil || v.Picture.Data == nil:
		if p.first != nil {
			page.Picture("", nil)
		}
		*p = picture{}
	case p.first != &v.Picture.Data[0]:
		*p = picture{first: &v.Picture.Data[0], url: page.Picture(v.Picture.Type, v.Picture.Data)}
	}
	return p.url
}
