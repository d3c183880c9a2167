package app

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/coder/websocket"

	"github.com/tetherscope/tetherscope/internal/wslimit"
)

// logClosed writes the one line about how a client's connection ended, and counts it.
func (a *App) logClosed(c *client, path string, err error) {
	side, code, reason := howClosed(c, err)
	a.count.closed(side, code)
	a.cfg.Log.Info("closed", "client", c.id, "user", logged(c.identity.User), "path", path, "by", side, "code", code,
		"reason", logged(reason), "seconds", time.Since(c.opened).Seconds(), "in", c.in.Load(), "out", c.out.Load())
}

// closeCodeFor returns the close code and reason for the client's error that ended reading. It returns 0 for errors that the
// library has answered itself, and for the end of the connection.
func closeCodeFor(err error) (websocket.StatusCode, string) {
	if v, broke := errors.AsType[*wslimit.Violation](err); broke {
		return websocket.StatusCode(v.Code), v.Reason
	}
	_, network := errors.AsType[net.Error](err)
	if network || websocket.CloseStatus(err) != -1 || errors.Is(err, websocket.ErrMessageTooBig) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return 0, ""
	}
	return websocket.StatusProtocolError, "protocol error"
}

// howClosed returns which side ended c, and with which code. 1006 stands for no close frame (RFC 6455 §7.1.5).
func howClosed(c *client, err error) (side string, code int, reason string) {
	if e := c.ended(); e != nil {
		return "server", int(e.code), e.reason
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return "server", int(websocket.StatusMessageTooBig), "message too big"
	}
	if ce, ok := errors.AsType[websocket.CloseError](err); ok {
		return "client", int(ce.Code), ce.Reason
	}
	return "client", int(websocket.StatusAbnormalClosure), "no close frame"
}
