package launch

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// preload makes Node's http, https and ws ask the proxy, those of Deno, and Bun's WebSocket. proxyURL stands in it for the proxy's.
//
//go:embed preload.cjs
var preload []byte

const proxyURL = "PROXY_URL"

// bundles are where systems keep the certificates that programs trust.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", "/usr/local/share/certs/ca-root-nss.crt",
}

// noHost is the list of hosts that are reached without the proxy: none. Where it is empty, some clients take a list of their own, with
// loopback in it (Python's websocket-client).
const noHost = "none.invalid"

// Command runs a command whose traffic goes through p, with the program's own input and output, until it ends, and returns its exit
// code. The end of ctx asks it to end.
func Command(ctx context.Context, p Proxy, words []string) (code int, err error) {
	dir, err := folder("run")
	if err != nil {
		return 0, fmt.Errorf("a folder for the command's certificates: %w", err)
	}
	defer removeAll(dir)
	env, err := environment(dir, p, os.Environ())
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the user's own command
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, env
	stopGently(cmd)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() < 0 {
			return 130, nil // a signal ended it
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// environment returns given with what makes programs ask the proxy and trust its authority. Its files are in dir.
func environment(dir string, p Proxy, given []string) ([]string, error) {
	ca, all, script := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "all.pem"), filepath.Join(dir, "preload.cjs")
	host, number := port(p.Addr)
	proxy := "http://" + p.Addr
	for name, text := range map[string][]byte{ca: p.CA, all: withSystem(p.CA), script: bytes.Replace(preload, []byte(proxyURL), []byte(proxy), 1)} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return nil, fmt.Errorf("for the command: %w", err)
		}
	}
	set := map[string]string{
		"TETHERSCOPE_PROXY":   proxy,
		"NODE_EXTRA_CA_CERTS": ca, "DENO_CERT": ca,
		"SSL_CERT_FILE": all, "CURL_CA_BUNDLE": all, "REQUESTS_CA_BUNDLE": all, "GIT_SSL_CAINFO": all, "AWS_CA_BUNDLE": all, "WEBSOCKET_CLIENT_CA_BUNDLE": all,
		"NODE_USE_ENV_PROXY": "1",
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "WSS_PROXY"} {
		set[name], set[strings.ToLower(name)] = proxy, proxy
	}
	set["NO_PROXY"], set["no_proxy"] = noHost, noHost
	was := map[string]string{}
	for _, pair := range given {
		name, value, _ := strings.Cut(pair, "=")
		was[name] = value
	}
	set["NODE_OPTIONS"] = strings.TrimSpace(was["NODE_OPTIONS"] + ` --require "` + strings.ReplaceAll(script, `\`, `\\`) + `"`)
	set["BUN_OPTIONS"] = strings.TrimSpace(was["BUN_OPTIONS"] + ` "--preload=` + script + `"`)
	set["JAVA_TOOL_OPTIONS"] = strings.TrimSpace(was["JAVA_TOOL_OPTIONS"] + fmt.Sprintf(" -Dhttp.proxyHost=%s -Dhttp.proxyPort=%s -Dhttps.proxyHost=%[1]s -Dhttps.proxyPort=%[2]s -Dhttp.nonProxyHosts=", host, number))
	out := make([]string, 0, len(given)+len(set))
	for _, pair := range given {
		if name, _, _ := strings.Cut(pair, "="); set[name] == "" {
			out = append(out, pair)
		}
	}
	for name, value := range set {
		out = append(out, name+"="+value)
	}
	return out, nil
}

// withSystem returns the certificates that the system trusts, and ca behind them: most variables replace what is trusted.
func withSystem(ca []byte) []byte {
	for _, name := range bundles {
		if text, err := os.ReadFile(name); err == nil {
			return append(append(bytes.TrimRight(text, "\n"), '\n'), ca...)
		}
	}
	return ca
}
