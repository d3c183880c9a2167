package agent

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tetherscope/tetherscope/scope/act"
)

// addActing adds the tools that act on connections.
func (t *tools) addActing(s *mcp.Server) {
	acts := func(name, title, description string) *mcp.Tool {
		return &mcp.Tool{Name: name, Title: title, Description: description, Annotations: &mcp.ToolAnnotations{OpenWorldHint: new(bool)}}
	}
	mcp.AddTool(s, acts("send_message", "Send a message", "Sends a message into an open connection of the capture, to its client or its server. The other end takes it for its peer's."), t.send)
	mcp.AddTool(s, acts("get_rules", "Get the fault rules", "Returns the fault rules that are active."), t.rules)
	mcp.AddTool(s, acts("set_rules", "Set the fault rules", "Replaces the fault rules, one per line: dir:in op:text => delay 100ms..300ms; also drop, duplicate, corrupt, close, intercept 10m and others. An empty text removes them all."), t.setRules)
	mcp.AddTool(s, acts("list_intercepted", "List intercepted frames", "Lists the frames that a rule intercepted and that wait for a decision."), t.intercepted)
	mcp.AddTool(s, acts("resolve_intercepted", "Resolve an intercepted frame", "Forwards, discards or replaces an intercepted frame. One that is hidden cannot be replaced."), t.resolve)
}

type sendIn struct {
	Conn   uint32  `json:"conn" jsonschema:"id of an open connection"`
	To     string  `json:"to" jsonschema:"client or server"`
	Op     string  `json:"op,omitempty" jsonschema:"text (the default), binary, close, ping or pong"`
	Text   *string `json:"text,omitempty" jsonschema:"payload as text"`
	Base64 *string `json:"base64,omitempty" jsonschema:"payload as bytes"`
	Code   *uint16 `json:"code,omitempty" jsonschema:"of a close frame"`
	Reason string  `json:"reason,omitempty" jsonschema:"of a close frame"`
}

func (t *tools) send(ctx context.Context, _ *mcp.CallToolRequest, in sendIn) (*mcp.CallToolResult, act.Sent, error) {
	sent, err := t.c.Send(ctx, in.Conn, act.Message{To: in.To, Op: in.Op, Text: in.Text, Base64: in.Base64, Code: in.Code, Reason: in.Reason})
	return nil, sent, err
}

type rulesText struct {
	Rules string `json:"rules" jsonschema:"one rule per line"`
}

func (t *tools) rules(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, rulesText, error) {
	text, err := t.c.Rules(ctx)
	return nil, rulesText{text}, err
}

func (t *tools) setRules(ctx context.Context, _ *mcp.CallToolRequest, in rulesText) (*mcp.CallToolResult, rulesText, error) {
	text, err := t.c.SetRules(ctx, in.Rules)
	return nil, rulesText{text}, err
}

type interceptedOut struct {
	Frames []Waiting `json:"frames"`
	Total  int       `json:"total"`
	Note   string    `json:"note"`
}

// Waiting is a frame that waits for a decision.
type Waiting struct {
	Conn         uint32 `json:"conn"`
	To           string `json:"to"`
	ID           uint64 `json:"id"`
	Bytes        string `json:"bytes" jsonschema:"start of the frame, header included, as base64 when it is no text"`
	Milliseconds int64  `json:"milliseconds" jsonschema:"until it is forwarded"`
	Hidden       bool   `json:"hidden,omitempty" jsonschema:"its payload holds a credential and is not shown: it can be forwarded or discarded, and not be replaced"`
}

func (t *tools) intercepted(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, interceptedOut, error) {
	out := interceptedOut{Frames: []Waiting{}, Note: untrusted}
	all, err := t.c.Intercepted(ctx)
	out.Total = len(all)
	for _, f := range all[:min(len(all), MaxPage)] {
		text, _ := textOf(f.Bytes, maxPreview)
		out.Frames = append(out.Frames, Waiting{f.Conn, f.To, f.ID, text, f.Left, f.Hidden})
	}
	return nil, out, err
}

type resolveIn struct {
	Conn     uint32  `json:"conn"`
	To       string  `json:"to" jsonschema:"client or server"`
	ID       uint64  `json:"id"`
	Decision string  `json:"decision" jsonschema:"forward, discard or replace"`
	Text     *string `json:"text,omitempty" jsonschema:"with replace: the payload of the text message to send instead"`
}

type resolveOut struct {
	Done bool `json:"done"`
}

func (t *tools) resolve(ctx context.Context, _ *mcp.CallToolRequest, in resolveIn) (*mcp.CallToolResult, resolveOut, error) {
	r := act.Resolution{To: in.To, ID: in.ID, Decision: in.Decision}
	if in.Decision == act.Replace {
		r.Message = &act.Message{To: in.To, Text: in.Text}
	}
	err := t.c.Resolve(ctx, in.Conn, r)
	return nil, resolveOut{err == nil}, err
}
