package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// redirected returns what dials and asks the target to which a rule redirects a handshake: one of a name, or a URL. It has the proxy's
// options, so that the own ports of the program are never dialled. Without a name it is the proxy itself.
func (p *Proxy) redirected(name string) (*Proxy, error) {
	if name == "" {
		return p, nil
	}
	t, err := p.targetOf(name)
	if err != nil {
		return nil, fmt.Errorf("a rule redirects this handshake to %q: %w", name, err)
	}
	to := &Proxy{target: t, options: p.options}
	to.options.Address, to.options.KeepHost, to.options.public = "", false, new(atomic.Bool)
	to.secure(p.options.TLS)
	return to, nil
}

// targetOf returns a target by its name, or by its URL.
func (p *Proxy) targetOf(name string) (Target, error) {
	if p.options.Named != nil {
		if t, ok := p.options.Named(name); ok {
			return t, nil
		}
	}
	if !strings.Contains(name, "://") {
		return Target{}, errors.New("there is no target of this name, and it is no URL")
	}
	return ParseTarget("rule=" + name)
}

// retarget returns the head of a request for another path, with the query that it has. Without a path it stays as it is.
func retarget(head []byte, path string) []byte {
	line, rest, ok := bytes.Cut(head, []byte("\r\n"))
	words := bytes.Split(line, []byte(" "))
	if path == "" || !ok || len(words) != 3 {
		return head
	}
	_, query, has := bytes.Cut(words[1], []byte("?"))
	words[1] = []byte(path)
	if has {
		words[1] = append(append(words[1], '?'), query...)
	}
	return append(append(bytes.Join(words, []byte(" ")), "\r\n"...), rest...)
}
