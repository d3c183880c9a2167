package scope_test

import (
	"context"
	"log"
	"time"

	"github.com/tetherscope/tetherscope/scope"
	"github.com/tetherscope/tetherscope/scope/act"
)

// The README shows these calls. They need a running server with an open connection, so they are compiled and not run.
func Example() {
	ctx := context.Background()
	s, err := scope.Dial(ctx, "http://127.0.0.1:7316")
	if err != nil {
		log.Fatal(err)
	}
	conns, err := s.Conns(ctx)
	if err != nil || len(conns) == 0 {
		log.Fatal("no connection is open: ", err)
	}
	if err = s.Close(ctx, conns[0].ID, act.ToClient, 1012, "what does my client do now?"); err != nil {
		log.Fatal(err)
	}
	if _, err = s.SetRules(ctx, "op:pong => drop"); err != nil {
		log.Fatal(err)
	}
	pings, err := s.Captured(ctx, "op:ping dir:out")
	if err != nil {
		log.Fatal(err)
	}
	for i := 1; i < len(pings); i++ {
		if apart := pings[i].Time.Sub(pings[i-1].Time); apart < 15*time.Second {
			log.Printf("two pings within %v", apart)
		}
	}
}
