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
		attrs := []slog.Attr{slog.Int("attempt", e.Attempt), slog.String("subprotocol", e.Subprotocol)}
		if e.Resumed {
			attrs = append(attrs, slog.Bool("resumed", true))
		}
		return slog.LevelInfo, "opened", attrs
	case Lost:
		attrs := []slog.Attr{slog.Int("code", int(e.Code)), slog.String("reason", e.Reason), slog.Int("unflushed", e.Unflushed)}
		if e.Err != nil {
			attrs = append(attrs, slog.Any("err", e.Err))
		}
		return slog.LevelInfo, "lost", attrs
	case Retrying:
		return slog.LevelInfo, "retrying", []slog.Attr{slog.Int("attempt", e.Attempt), slog.Duration("delay", e.Delay), slog.String("rule", e.Rule), slog.Any("cause", e.Cause)}
	case Dropped:
		return slog.LevelWarn, "dropped", []slog.Attr{slog.Bool("inbound", e.Inbound), slog.Int("messages", e.Messages), slog.Int("bytes", e.Bytes), slog.Any("cause", e.Cause)}
	case Panicked:
		return slog.LevelWarn, "panicked", []slog.Attr{slog.Any("value", e.Value)}
	case Gap:
		return slog.LevelWarn, "gap", []slog.Attr{slog.Int("inbound", e.Inbound), slog.Int("outbound", e.Outbound), slog.Bool("exact", e.Exact), slog.Any("cause", e.Cause)}
	case Diagnosed:
		return slog.LevelWarn, "diagnosed", []slog.Attr{slog.String("verdict", e.Verdict.String()), slog.Any("err", &e.Diagnosis)}
	case Skipped:
		return slog.LevelWarn, "skipped", []slog.Attr{slog.Int("events", e.Events)}
	case Unhandled:
		return slog.LevelWarn, "unheard", []slog.Attr{slog.String("type", e.Type), slog.String("reply", e.Reply)}
	case Malformed:
		return slog.LevelWarn, "malformed", []slog.Attr{slog.String("type", e.Type), slog.Any("err", e.Err)}
	default:
		return slog.LevelDebug, "event", []slog.Attr{slog.Any("event", e)}
	}
}
