package model

// Layout is how the grid draws the rows that it shows.
type Layout uint8

// The layouts.
const (
	List         Layout = iota // columns
	Ladder                     // arrows between client, proxy and server
	Conversation               // messages of one connection, sent right and received left
	NumLayouts
)

// String returns the layout's name, which the painter and style sheets use.
func (l Layout) String() string {
	return [...]string{"list", "ladder", "conversation"}[min(l, NumLayouts-1)]
}
