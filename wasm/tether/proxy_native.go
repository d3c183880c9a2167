//go:build !js

package tether

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// ProxyError is the answer of an HTTP proxy that made no tunnel to the server: 407 asks for credentials. It says nothing of
// the server, so the default policy tries again. Browsers do not report it.
type ProxyError struct {
	Status int // of HTTP
}

func (e *ProxyError) Error() string {
	return "the HTTP proxy refused the tunnel with status " + strconv.Itoa(e.Status)
}

// tunnel lets a handshake with target go through the proxy that base names for it, if any. A WebSocket goes through a
// proxy by CONNECT, also without TLS (RFC 6455 §4.1); net/http would send an ordinary request to the proxy.
func tunnel(t, base *http.Transport, target string, dial dialFunc) {
	if t.Proxy == nil {
		return
	}
	if t.OnProxyConnectResponse == nil { // of wss
		t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			return proxyAnswer(resp)
		}
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme == "wss" || u.Scheme == "https" {
		return
	}
	u.Scheme = "http"
	proxy, err := base.Proxy(&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}})
	if err != nil || proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return // net/http reports the error, and does SOCKS itself
	}
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, proxyAddress(proxy))
		if err != nil {
			return nil, err
		}
		if proxy.Scheme == "https" {
			config := t.TLSClientConfig.Clone()
			if config == nil {
				config = &tls.Config{}
			}
			config.ServerName, config.NextProtos = proxy.Hostname(), nil
			conn = tls.Client(conn, config)
		}
		if err := connect(ctx, conn, proxy, addr); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return conn, nil
	}
}

func proxyAddress(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// connect asks the proxy for a tunnel to addr. The end of ctx ends the connection.
func connect(ctx context.Context, conn net.Conn, proxy *url.URL, addr string) error {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	br := bufio.NewReaderSize(conn, 16) // the server says nothing before our handshake: nothing of it is read here
	resp, err := http.ReadResponse(br, req)
	if err != nil {
		return err
	}
	if err := proxyAnswer(resp); err != nil {
		return err
	}
	if br.Buffered() > 0 {
		return errors.New("the HTTP proxy sent more than an answer to CONNECT")
	}
	return nil
}

func proxyAnswer(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{resp.StatusCode}
	}
	return nil
}
