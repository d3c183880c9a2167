package all

import "time"

const (
	TypeEvery = "every"
	TypeNone  = "none" // no struct of this name
	other     = "x"
)

// Every has every kind of field. It ends no comment: */
//
// Second paragraph.
type Every struct {
	Base
	Text    string            `json:"text"`
	Count   int64             `json:"count,omitempty"` // how many
	On      bool              `json:"on,omitzero"`
	Bytes   []byte            `json:"bytes"`
	List    []*Base           `json:"list"`
	By      map[string][]Base `json:"by-name"`
	When    time.Time         `json:"when"`
	Quoted  int               `json:"quoted,string"`
	Any     any
	Hidden  string `json:"-"`
	private int
}

// Base is embedded.
type Base struct {
	ID string `json:"id"`
}

type Empty struct{}

type hidden struct{ X int }
