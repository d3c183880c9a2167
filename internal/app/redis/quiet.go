package redis

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9"
)

// quiet sends what go-redis would print to standard error to log, as debug lines: the important events are logged by this
// package, as gaps. The first log of the process is used, because go-redis has one logger for all clients.
func quiet(log *slog.Logger) {
	once.Do(func() { redis.SetLogger(bridge{log}) })
}

var once sync.Once

type bridge struct{ log *slog.Logger }

// Printf logs one message of go-redis.
func (b bridge) Printf(ctx context.Context, format string, v ...any) {
	b.log.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, v...))
}
