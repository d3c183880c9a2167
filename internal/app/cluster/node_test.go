package cluster_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/internal/app/redis"
)

// nodeEnv makes this test program a node of a cluster.
const nodeEnv = "TETHERSCOPE_TEST_NODE"

// presenceTTL is short here, so that a dead node's clients vanish while a test waits.
const presenceTTL = 6 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(nodeEnv) != "" {
		if err := node(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// node serves the application alone, with the flags that the real program has.
func node(args []string) error {
	set := flag.NewFlagSet("node", flag.ContinueOnError)
	var f app.Flags
	f.Register(set)
	addr := set.String("addr", "", "")
	front := set.String("allow-origin", "", "")
	timeout := set.Duration("redis-timeout", 0, "")
	grace := set.Duration("session-grace", patience, "")
	if err := set.Parse(args); err != nil {
		return err
	}
	cfg, err := f.Config()
	if err != nil {
		return err
	}
	cfg.Log = slog.New(slog.NewJSONHandler(os.Stdout, nil))
	cfg.Origins = []string{*front}
	if cfg.Broker, err = redis.New(os.Getenv("TETHERSCOPE_REDIS"), redis.Options{PresenceTTL: presenceTTL, Timeout: *timeout, Log: cfg.Log}); err != nil {
		return err
	}
	a, err := app.New(cfg)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	sessions, err := newEchoes(os.Getenv("TETHERSCOPE_REDIS"), *grace)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", a.Handler())
	sessions.register(mux)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = a.Drain(late)
		_ = a.Close()
		sessions.Close()
		srv.Close()
	})
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
