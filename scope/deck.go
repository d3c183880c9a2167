package scope

import (
	"context"
	"net/http"

	"github.com/tetherscope/tetherscope/scope/act"
)

// Arm puts a deck of faults in force, in place of the one before, and returns its canonical form. An empty text takes it away.
func (c *Client) Arm(ctx context.Context, deck string) (string, error) {
	var now act.Deck
	err := c.call(ctx, http.MethodPut, "/api/deck", act.Deck{Text: deck}, &now)
	return now.Text, err
}

// Deck returns the deck of faults in force; empty for none.
func (c *Client) Deck(ctx context.Context) (string, error) {
	var now act.Deck
	err := c.call(ctx, http.MethodGet, "/api/deck", nil, &now)
	return now.Text, err
}

// Held returns the frames that wait for a decision.
func (c *Client) Held(ctx context.Context) ([]act.HeldFrame, error) {
	var list act.HeldFrames
	err := c.call(ctx, http.MethodGet, "/api/held", nil, &list)
	return list.Frames, err
}

// Decide decides about a held frame.
func (c *Client) Decide(ctx context.Context, conn uint32, d act.Decision) error {
	return c.call(ctx, http.MethodPost, path(conn, "decide"), d, nil)
}
