//go:build !js

package tether

import (
	"context"
	"log/slog"
)

// Log writes every event to l until cancel is called: what is wrong as a warning, the rest for debugging. It exists
// natively only, since log/slog is large; in a browser listen to [Event] and print what matters. Texts that the peer chose
// reach the handler as values, never as part of a message.
func Log(s Source, l *slog.Logger) (cancel func()) {
	return On(s, func(e Event) {
		level, text, attrs := logged(e)
		l.LogAttrs(context.Background(), level, text, attrs...)
	})
}

func logged(e Event) (slog.Level, string, []slog.Attr) {
	switch e := e.(type) {
	case StateChanged:
		return slog.LevelDebug, "state", []slog.Attr{slog.String("old", e.Old.String()), slog.String("new", e.New.String()), slog.Any("cause", e.Cause)}
	case Opened:
		return slog.LevelInfo, "opened", []slog.Attr{slog.Int("attempt", e.Attempt), slog.String("subprotocol", e.Subprotocol)}
	case Lost:
		return slog.LevelInfo, "lost", []slog.Attr{slog.Int("code", int(e.Code)), slog.String("reason", e.Reason), slog.Int("unflushed", e.Unflushed)}
	case Retrying:
		return slog.LevelInfo, "retrying", []slog.Attr{slog.Int("attempt", e.Attempt), slog.Duration("delay", e.Delay), slog.String("rule", e.Rule), slog.Any("cause", e.Cause)}
	case Dropped:
		return slog.LevelWarn, "dropped", []slog.Attr{slog.Bool("inbound", e.Inbound), slog.Int("messages", e.Messages), slog.Int("bytes", e.Bytes), slog.Any("cause", e.Cause)}
	case Panicked:
		return slog.LevelWarn, "panicked", []slog.Attr{slog.Any("value", e.Value)}
	case Unheard:
		return slog.LevelWarn, "unheard", []slog.Attr{slog.String("type", e.Type), slog.String("reply", e.Reply)}
	case Malformed:
		return slog.LevelWarn, "malformed", []slog.Attr{slog.String("type", e.Type), slog.Any("err", e.Err)}
	default:
		return slog.LevelDebug, "event", []slog.Attr{slog.Any("event", e)}
	}
}
