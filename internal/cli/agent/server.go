package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tetherscope/tetherscope/scope"
)

const (
	defaultPage = 50
	defaultWait = 10 * time.Second
	maxWait     = time.Minute
)

const instructions = `Tetherscope captures WebSocket traffic frame by frame. The tools read what the server at %s has captured: first list_connections or
search_frames, then get_message. Queries are in its filter language: dir:in op:text conn:3 $.price>100 "text" lint code:1006 -op:ping; words are joined
by and, alternatives by or. The capture is bounded: gaps are reported as frames of the kind gap. ` + untrusted

// New returns a server of the protocol that reads from c, which is at url, and acts on it only when that is allowed.
func New(c *scope.Client, url, version string, allowActing bool) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "tetherscope", Title: "Tetherscope", Version: version}, &mcp.ServerOptions{Instructions: fmt.Sprintf(instructions, url)})
	t := &tools{c: c}
	read := func(name, title, description string) *mcp.Tool {
		return &mcp.Tool{Name: name, Title: title, Description: description, Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: new(bool)}}
	}
	mcp.AddTool(s, read("list_connections", "List connections", "Lists the WebSocket connections of the capture, the newest first, with how each ended."), t.connections)
	mcp.AddTool(s, read("search_frames", "Search frames", "Finds frames, handshakes and ends by a query in tetherscope's filter language, in pages."), t.search)
	mcp.AddTool(s, read("get_message", "Get a message", "Returns one message or handshake by its number, decoded."), t.message)
	mcp.AddTool(s, read("wait_for_message", "Wait for a message", "Waits until something new passes that a query finds."), t.wait)
	mcp.AddTool(s, read("lint", "Lint", "Counts violations of RFC 6455 and RFC 7692 by rule, with where each first occurred."), t.lint)
	mcp.AddTool(s, read("statistics", "Statistics", "Counts frames and bytes by direction and opcode of what a query finds."), t.statistics)
	if allowActing {
		t.addActing(s)
	}
	return s
}

// tools are the functions behind the tools.
type tools struct{ c *scope.Client }

type connectionsIn struct {
	Limit int `json:"limit,omitempty" jsonschema:"how many, at most 200; default 50"`
}

type connectionsOut struct {
	Connections []Connection `json:"connections"`
	Total       int          `json:"total"`
	Missed      uint64       `json:"missed" jsonschema:"records that the capture has lost; their connections may be missing"`
	Note        string       `json:"note"`
}

func (t *tools) connections(ctx context.Context, _ *mcp.CallToolRequest, in connectionsIn) (*mcp.CallToolResult, connectionsOut, error) {
	out := connectionsOut{Connections: []Connection{}, Note: untrusted}
	all, err := t.c.Captured(ctx, "")
	if err != nil {
		return nil, out, err
	}
	byID := map[uint32]*Connection{}
	var order []*Connection
	for i := range all {
		e := &all[i]
		if e.Kind == scope.Gap {
			out.Missed += e.Missed
			continue
		}
		one := byID[e.Conn]
		if one == nil {
			one = &Connection{ID: e.Conn}
			byID[e.Conn] = one
			order = append(order, one)
		}
		one.add(e)
	}
	slices.Reverse(order)
	out.Total = len(order)
	for _, one := range order[:min(len(order), page(in.Limit))] {
		out.Connections = append(out.Connections, *one)
	}
	return nil, out, nil
}

// add adds an event of the connection.
func (c *Connection) add(e *scope.Event) {
	switch e.Kind {
	case "request":
		c.Name, c.Remote, c.Request, c.Opened = e.Name, e.Remote, firstLine(e.Head), e.Time.UTC().Format(time.RFC3339Nano)
	case "response":
		c.Status = firstLine(e.Head)
	case "frame":
		c.Frames++
		c.Bytes += e.Length
		if len(e.Violations) > 0 {
			c.Findings++
		}
	case "close", "end":
		c.Ended = fmt.Sprintf("%d %s (by %s)", e.Code, e.Reason, e.By)
	}
}

// page returns how many of something an answer has.
func page(asked int) int {
	if asked <= 0 {
		return defaultPage
	}
	return min(asked, MaxPage)
}

type searchIn struct {
	Query  string `json:"query,omitempty" jsonschema:"in the filter language; empty finds everything"`
	Limit  int    `json:"limit,omitempty" jsonschema:"how many, at most 200; default 50"`
	After  uint64 `json:"after,omitempty" jsonschema:"only what has a greater number: next of the page before"`
	Newest bool   `json:"newest,omitempty" jsonschema:"the last ones instead of the first"`
}

type searchOut struct {
	Frames []Frame `json:"frames"`
	Total  int     `json:"total" jsonschema:"how many were found behind after"`
	Next   uint64  `json:"next,omitempty" jsonschema:"after of the next page; 0 when this is the last"`
	Missed uint64  `json:"missed" jsonschema:"records that the capture has lost"`
	Note   string  `json:"note"`
}

func (t *tools) search(ctx context.Context, _ *mcp.CallToolRequest, in searchIn) (*mcp.CallToolResult, searchOut, error) {
	out := searchOut{Frames: []Frame{}, Note: untrusted}
	all, err := t.c.Captured(ctx, in.Query)
	if err != nil {
		return nil, out, err
	}
	var found []*scope.Event
	for i := range all {
		e := &all[i]
		if e.Kind == scope.Gap {
			out.Missed += e.Missed
		}
		if e.Seq > in.After {
			found = append(found, e)
		}
	}
	out.Total = len(found)
	size := min(page(in.Limit), len(found))
	if in.Newest {
		found = found[len(found)-size:]
	} else if size < len(found) {
		found = found[:size]
		out.Next = found[size-1].Seq
	}
	for _, e := range found {
		out.Frames = append(out.Frames, frameOf(e))
	}
	return nil, out, nil
}

type messageIn struct {
	Seq      uint64 `json:"seq" jsonschema:"number of the frame that ends the message, or of a handshake"`
	MaxBytes int    `json:"max_bytes,omitempty" jsonschema:"of its text, at most 65536; default 4096"`
}

func (t *tools) message(ctx context.Context, _ *mcp.CallToolRequest, in messageIn) (*mcp.CallToolResult, Message, error) {
	all, err := t.c.Captured(ctx, fmt.Sprintf("seq:%d", in.Seq))
	if err != nil {
		return nil, Message{}, err
	}
	limit := min(in.MaxBytes, MaxPayload)
	if limit <= 0 {
		limit = 4096
	}
	for i := range all {
		if all[i].Seq == in.Seq && all[i].Kind != scope.Gap {
			return nil, messageOf(&all[i], limit), nil
		}
	}
	return nil, Message{}, fmt.Errorf("there is no record %d: the capture keeps the newest only; search_frames gives the numbers", in.Seq)
}

type waitIn struct {
	Query   string `json:"query,omitempty" jsonschema:"in the filter language; empty takes anything"`
	Seconds int    `json:"seconds,omitempty" jsonschema:"how long to wait, at most 60; default 10"`
}

type waitOut struct {
	Found   bool     `json:"found"`
	Message *Message `json:"message,omitempty"`
}

func (t *tools) wait(ctx context.Context, _ *mcp.CallToolRequest, in waitIn) (*mcp.CallToolResult, waitOut, error) {
	limit := min(time.Duration(in.Seconds)*time.Second, maxWait)
	if limit <= 0 {
		limit = defaultWait
	}
	from, err := t.last(ctx)
	if err != nil {
		return nil, waitOut{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for e, err := range t.c.Watch(ctx, in.Query) {
		if err != nil {
			return nil, waitOut{}, err
		}
		if e.Kind != scope.Gap && e.Seq > from {
			m := messageOf(&e, 4096)
			return nil, waitOut{true, &m}, nil
		}
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, waitOut{}, err
	}
	return nil, waitOut{}, nil
}

// last returns the number of the newest record.
func (t *tools) last(ctx context.Context) (uint64, error) {
	all, err := t.c.Captured(ctx, "")
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[len(all)-1].Seq, nil
}

type lintOut struct {
	Violations []Violation `json:"violations"`
	Missed     uint64      `json:"missed" jsonschema:"records that the capture has lost"`
}

// Violation is a rule and how often it was broken.
type Violation struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
	First Frame  `json:"first"`
}

func (t *tools) lint(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, lintOut, error) {
	out := lintOut{Violations: []Violation{}}
	all, err := t.c.Captured(ctx, "lint")
	if err != nil {
		return nil, out, err
	}
	at := map[string]int{}
	for i := range all {
		e := &all[i]
		if e.Kind == scope.Gap {
			out.Missed += e.Missed
		}
		for _, rule := range e.Violations {
			n, seen := at[rule]
			if !seen {
				n, at[rule] = len(out.Violations), len(out.Violations)
				out.Violations = append(out.Violations, Violation{Rule: rule, First: frameOf(e)})
			}
			out.Violations[n].Count++
		}
	}
	return nil, out, nil
}

type statisticsIn struct {
	Query string `json:"query,omitempty" jsonschema:"in the filter language; empty counts everything"`
}

type statisticsOut struct {
	Frames     int            `json:"frames"`
	ToServer   int            `json:"to_server"`
	ToClient   int            `json:"to_client"`
	Bytes      uint64         `json:"bytes" jsonschema:"payload bytes on the wire"`
	Messages   int            `json:"messages"`
	Inflated   uint64         `json:"inflated" jsonschema:"bytes of all messages, uncompressed"`
	ByOpcode   map[string]int `json:"by_opcode"`
	Violations int            `json:"violations" jsonschema:"frames that break a rule"`
	First      string         `json:"first,omitempty"`
	Last       string         `json:"last,omitempty"`
	Missed     uint64         `json:"missed" jsonschema:"records that the capture has lost"`
}

func (t *tools) statistics(ctx context.Context, _ *mcp.CallToolRequest, in statisticsIn) (*mcp.CallToolResult, statisticsOut, error) {
	out := statisticsOut{ByOpcode: map[string]int{}}
	all, err := t.c.Captured(ctx, in.Query)
	for i := range all {
		out.add(&all[i])
	}
	return nil, out, err
}

func (s *statisticsOut) add(e *scope.Event) {
	if e.Kind == scope.Gap {
		s.Missed += e.Missed
	}
	if e.Kind != "frame" {
		return
	}
	at := e.Time.UTC().Format(time.RFC3339Nano)
	if s.Frames++; s.First == "" {
		s.First = at
	}
	s.Last = at
	s.Bytes += e.Length
	s.ByOpcode[e.Op]++
	if e.To == "client" {
		s.ToClient++
	} else {
		s.ToServer++
	}
	if e.Final {
		s.Messages++
		s.Inflated += e.Inflated
	}
	if len(e.Violations) > 0 {
		s.Violations++
	}
}
