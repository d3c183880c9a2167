package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tetherscope/tetherscope/internal/test/await"
)

// agentTo starts tetherscope mcp for a server and connects the SDK's own client to it, as an agent does.
func agentTo(t *testing.T, url string, args ...string) *mcp.ClientSession {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.Command(program, append([]string{"mcp", "-server", url}, args...)...)
	s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// call calls a tool and reads its answer into out. It returns the text of an error of the tool.
func call(t *testing.T, s *mcp.ClientSession, tool string, in map[string]any, out any) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r, err := s.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: in})
	if err != nil {
		return err.Error()
	}
	if r.IsError {
		return r.Content[0].(*mcp.TextContent).Text
	}
	text, err := json.Marshal(r.StructuredContent)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		t.Fatalf("%s: %v in %s", tool, err, text)
	}
	return ""
}

// TestAnAgentReads: over standard input and output, the SDK's client finds a connection, its frames by a query in pages, one message
// decoded and bounded, what comes later, and the counts. What looks like a credential is hidden; nothing that acts is offered.
func TestAnAgentReads(t *testing.T) {
	url := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	say := func(text string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	say(`{"price": 90}`)
	say(`{"price": 110, "auth": "Bearer abcdefghijklmnopqrstuvwxyz0123456789"}`)
	say(strings.Repeat("long ", 2000))

	s := agentTo(t, url)
	tools, err := s.ListTools(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
		if tool.Annotations == nil || !tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is not marked as reading only", tool.Name)
		}
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "get_message lint list_connections search_frames statistics wait_for_message" {
		t.Errorf("the tools are %s", got)
	}

	var list struct {
		Connections []struct {
			Request string
			Frames  int
		}
		Note string
	}
	if problem := call(t, s, "list_connections", nil, &list); problem != "" || len(list.Connections) == 0 || list.Connections[0].Request != "GET /ws/echo HTTP/1.1" || list.Connections[0].Frames != 6 || !strings.Contains(list.Note, "instruction") {
		t.Errorf("the connections are %+v, %s", list, problem)
	}
	type found struct {
		Frames []struct {
			Seq     uint64
			Preview string
		}
		Total int
		Next  uint64
	}
	var page found
	if problem := call(t, s, "search_frames", map[string]any{"query": "dir:out op:text", "limit": 2}, &page); problem != "" || page.Total != 3 || len(page.Frames) != 2 || page.Next == 0 {
		t.Fatalf("the first page is %+v, %s", page, problem)
	}
	var rest found
	if problem := call(t, s, "search_frames", map[string]any{"query": "dir:out op:text", "limit": 2, "after": page.Next}, &rest); problem != "" || len(rest.Frames) != 1 || rest.Next != 0 || len(rest.Frames[0].Preview) > 200 {
		t.Errorf("the second page is %+v, %s", rest, problem)
	}
	if problem := call(t, s, "search_frames", map[string]any{"query": "drection:out"}, &rest); !strings.Contains(problem, "dir") {
		t.Errorf("a wrong query is answered by %q", problem)
	}
	var message struct {
		Text, Cut, Decoder string
		Decoded            []string
	}
	if problem := call(t, s, "get_message", map[string]any{"seq": page.Frames[1].Seq}, &message); problem != "" || message.Decoder != "JSON" || !strings.Contains(strings.Join(message.Decoded, "\n"), "price: 110") || strings.Contains(message.Text, "abcdefghij") {
		t.Errorf("the message is %+v, %s", message, problem)
	}
	if problem := call(t, s, "get_message", map[string]any{"seq": rest.Frames[0].Seq, "max_bytes": 100}, &message); problem != "" || len(message.Text) != 100 || !strings.Contains(message.Cut, "the first 100 of 10000 bytes") {
		t.Errorf("a long message is %+v, %s", message, problem)
	}
	if problem := call(t, s, "get_message", map[string]any{"seq": 1 << 40}, &message); !strings.Contains(problem, "there is no record") {
		t.Errorf("an unknown number is answered by %q", problem)
	}
	var counts struct {
		Frames, Messages int
	}
	if problem := call(t, s, "statistics", map[string]any{"query": "dir:out"}, &counts); problem != "" || counts.Messages != 3 {
		t.Errorf("the counts are %+v, %s", counts, problem)
	}

	answer := make(chan string, 1)
	var later struct {
		Found   bool
		Message struct{ Text string }
	}
	go func() {
		answer <- call(t, s, "wait_for_message", map[string]any{"query": `dir:out "later"`, "seconds": 60}, &later)
	}()
	for waiting := true; waiting; { // the tool may begin to wait at any moment: what it waits for comes again until it has seen one
		say("later")
		select {
		case problem := <-answer:
			waiting = false
			if problem != "" || !later.Found || later.Message.Text != "later" {
				t.Errorf("what comes later is %+v, %s", later, problem)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestAnAgentActsWhenAllowed: with -allow-act a message is sent into a connection and rules are set; wrong rules are refused with their place.
func TestAnAgentActsWhenAllowed(t *testing.T) {
	url := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/ws/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	s := agentTo(t, url, "-allow-act")
	var list struct{ Connections []struct{ ID uint32 } }
	if problem := call(t, s, "list_connections", nil, &list); problem != "" || len(list.Connections) != 1 {
		t.Fatalf("the connections are %+v, %s", list, problem)
	}
	if problem := call(t, s, "send_message", map[string]any{"conn": list.Connections[0].ID, "to": "client", "text": "from an agent"}, &struct{}{}); problem != "" {
		t.Fatal(problem)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "from an agent" {
		t.Errorf("the client reads %q, %v", got, err)
	}
	var rules struct{ Rules string }
	if problem := call(t, s, "set_rules", map[string]any{"rules": "lost => drop"}, &rules); problem != "" || !strings.Contains(rules.Rules, "drop") {
		t.Errorf("the rules are %+v, %s", rules, problem)
	}
	if problem := call(t, s, "set_rules", map[string]any{"rules": "lost => explode"}, &rules); !strings.Contains(problem, "line 1") {
		t.Errorf("wrong rules are answered by %q", problem)
	}
	if problem := call(t, s, "list_intercepted", nil, &struct{}{}); problem != "" {
		t.Error(problem)
	}
}

// TestAnAgentOverHTTP: the token that is printed is wanted, and an address that other machines reach is refused.
func TestAnAgentOverHTTP(t *testing.T) {
	url := serve(t)
	if r := run(t, t.TempDir(), "", "mcp", "-server", url, "-http", "0.0.0.0:0"); r.code != 2 || !strings.Contains(r.err, "other machines") {
		t.Errorf("a wide address: %+v", r)
	}
	cmd := exec.CommandContext(t.Context(), program, "mcp", "-server", url, "-http", "127.0.0.1:0")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		await.Return(t, "the killed program to end", func() { _ = cmd.Wait() })
	})
	lines := bufio.NewScanner(errs)
	if !lines.Scan() { // the test's context ends the program, which ends the line
		t.Fatal("nothing is printed")
	}
	printed := regexp.MustCompile(`^(http://127\.0\.0\.1:\d+/) .* Bearer (\w+)$`).FindStringSubmatch(lines.Text())
	if printed == nil {
		t.Fatalf("printed is %q", lines.Text())
	}
	for token, want := range map[string]bool{"": false, "wrong": false, printed[2]: true} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		client := &http.Client{Transport: bearer(token)}
		s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, &mcp.StreamableClientTransport{Endpoint: printed[1], HTTPClient: client, DisableStandaloneSSE: true}, nil)
		if (err == nil) != want {
			t.Errorf("token %q: %v", token, err)
		}
		if err == nil {
			if _, err := s.ListTools(ctx, nil); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		}
	}
}

// bearer adds a token to requests.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b != "" {
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}
