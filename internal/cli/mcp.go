package cli

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tetherscope/tetherscope/internal/cli/agent"
	"github.com/tetherscope/tetherscope/internal/origin"
	"github.com/tetherscope/tetherscope/scope"
)

const mcpUsage = `tetherscope mcp serves the Model Context Protocol: it lets a coding agent list connections, search frames in the panel's filter language, read
messages decoded, wait for one, and count violations, of what a running server captures. Agents start it and speak over its standard
input and output:

  {"mcpServers": {"tetherscope": {"command": "tetherscope", "args": ["mcp"]}}}

  tetherscope mcp -server http://127.0.0.1:7316      of another server than the default one
  tetherscope mcp -allow-act                         the agent may also send messages, set fault rules, and decide about intercepted frames
  tetherscope mcp -http 127.0.0.1:7400               over HTTP, with a token that is printed

Nothing acts without -allow-act. Credentials in handshakes are hidden; payloads are bounded, and marked as data of peers.
Exit codes: 0 done; 2 wrong usage or no such server.
`

// mcpIdle is how long a session over HTTP lives without a request.
const mcpIdle = time.Hour

func runMCP(ctx context.Context, stdio *IO, args []string) error {
	f := flag.NewFlagSet("mcp", flag.ContinueOnError)
	base := f.String("server", "", "read from the server at this `URL`; the default is "+defaultServer)
	token := f.String("token", "", "the server's `token`, when the server does not give it to this machine")
	acting := f.Bool("allow-act", false, "let the agent send messages, set fault rules and decide about intercepted frames")
	addr := f.String("http", "", "serve over HTTP at this `host:port` of this machine instead of standard input and output")
	secure := tlsFlags{io: stdio}
	secure.register(f)
	rest, err := parse(f, stdio, mcpUsage, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("want no arguments, not %q", rest)
	}
	if *addr != "" && !origin.Loopback(*addr) {
		return fmt.Errorf("-http %s can be reached from other machines; want an address such as 127.0.0.1:7400", *addr)
	}
	if *base == "" {
		*base = serverURL(stdio)
	}
	client, err := dialServer(ctx, *base, *token, &secure)
	if err != nil {
		return err
	}
	server := agent.New(client, *base, stdio.Version, *acting)
	if *addr != "" {
		return serveMCP(ctx, stdio, server, *addr)
	}
	err = server.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(stdio.In), Writer: unclosed{stdio.Out}})
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// unclosed is standard output, which stays open.
type unclosed struct{ io.Writer }

// Close does nothing.
func (unclosed) Close() error { return nil }

// dialServer returns a client of a running server.
func dialServer(ctx context.Context, base, token string, secure *tlsFlags) (*scope.Client, error) {
	h, err := secure.client()
	if err != nil {
		return nil, err
	}
	if token != "" {
		return scope.New(base, token, scope.WithHTTP(h)), nil
	}
	client, err := scope.Dial(ctx, base, scope.WithHTTP(h))
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, hint(err))
	}
	return client, nil
}

// serveMCP serves over HTTP to those who have the token. Other sites' pages have no way to it: the SDK refuses other names of this machine
// in Host, and a page cannot read the token.
func serveMCP(ctx context.Context, stdio *IO, server *mcp.Server, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("-http: %w", err)
	}
	token := rand.Text()
	all := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{SessionTimeout: mcpIdle})
	srv := &http.Server{ReadHeaderTimeout: handshakeTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "The token that tetherscope mcp printed is wanted: Authorization: Bearer TOKEN", http.StatusUnauthorized)
			return
		}
		all.ServeHTTP(w, r)
	})}
	stdio.notice("http://%s/ with the field  Authorization: Bearer %s\n", l.Addr(), token)
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}
