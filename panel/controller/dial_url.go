package controller

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// dialURL returns what a person wrote as the URL of a WebSocket: a path of this server, or ws:// or wss://. The error says what is
// wrong with it and what to write.
func dialURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "/ws/echo", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" && u.Host == "" && !strings.HasPrefix(text, "/") {
		return "", errors.New(strconv.Quote(text) + " is no URL: write ws://host:port/path, or a path of this server")
	}
	switch strings.ToLower(u.Scheme) {
	case "":
		if !strings.HasPrefix(text, "/") || u.Host != "" {
			return "", errors.New("a scheme is missing: write ws://" + strings.TrimLeft(text, "/") + ", or a path of this server, which begins with /")
		}
	case "http", "https":
		return "", errors.New("a WebSocket URL begins with ws:// or wss://: write ws" + strings.TrimPrefix(strings.ToLower(u.Scheme), "http") + "://" + u.Host + u.RequestURI())
	case "ws", "wss":
	default:
		return "", errors.New("unknown scheme " + u.Scheme + ": a WebSocket URL begins with ws:// or wss://")
	}
	if strings.Contains(text, "#") {
		return "", errors.New("a WebSocket URL has no fragment (RFC 6455 section 3): write %23 in place of #")
	}
	return text, nil
}
