package redis

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9"
)

// quiet sends what go-redis would print to standard error to log, as debug lines: what matters of it reaches the log
// from here already, as gaps. The first log of the process is taken, since go-redis has one logger for all clients.
func quiet(log *slog.Logger) {
	once.Do(func() { redis.SetLogger(bridge{log}) })
}

var once sync.Once

type bridge struct{ log *slog.Logger }

// Printf makes one line of what go-redis says.
func (b bridge) Printf(ctx context.Context, format string, v ...any) {
	b.log.DebugContext(ctx, "redis client", "says", fmt.Sprintf(format, v...))
}
