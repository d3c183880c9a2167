package scope

import (
	"context"
	"net/http"

	"github.com/tetherscope/tetherscope/scope/act"
)

// SetRules replaces the active fault rules and returns the canonical form of the new ones. An empty text removes all rules.
func (c *Client) SetRules(ctx context.Context, rules string) (string, error) {
	var active act.Rules
	err := c.call(ctx, http.MethodPut, "/api/rules", act.Rules{Text: rules}, &active)
	return active.Text, err
}

// Rules returns the active fault rules; empty for none.
func (c *Client) Rules(ctx context.Context) (string, error) {
	var active act.Rules
	err := c.call(ctx, http.MethodGet, "/api/rules", nil, &active)
	return active.Text, err
}

// TryRules returns what rules would do to what the server's capture holds. They are not activated.
func (c *Client) TryRules(ctx context.Context, rules string) (act.Trial, error) {
	var trial act.Trial
	err := c.call(ctx, http.MethodPost, "/api/rules/try", act.Rules{Text: rules}, &trial)
	return trial, err
}

// Intercepted returns the frames that fault rules intercepted and that wait to be resolved.
func (c *Client) Intercepted(ctx context.Context) ([]act.InterceptedFrame, error) {
	var list act.Intercepted
	err := c.call(ctx, http.MethodGet, "/api/intercepted", nil, &list)
	return list.Frames, err
}

// Resolve forwards, discards or replaces an intercepted frame.
func (c *Client) Resolve(ctx context.Context, conn uint32, r act.Resolution) error {
	return c.call(ctx, http.MethodPost, path(conn, "resolve"), r, nil)
}
