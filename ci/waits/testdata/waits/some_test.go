package waits

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaits(t *testing.T) {
	ch, room := make(chan int), make(chan int, 1)
	var group sync.WaitGroup
	room <- 1               // it has room
	ch <- 1                 // want
	<-ch                    // want
	if v := <-room; v > 0 { // want
		helper(ch)
	}
	group.Wait()            // want
	time.Sleep(time.Second) // want
	select {                // want
	case <-ch:
	case <-room:
	}
	select {
	case <-ch:
		<-room // want
	case <-time.After(time.Second):
	}
	t.Run("part", func(t *testing.T) {
		<-ch // want
	})
	go func() { <-ch }()
	group.Go(func() { <-ch })
	go apart(ch)
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	serve(func(ctx context.Context) { <-ctx.Done() })
	synctest.Test(t, func(t *testing.T) {
		<-ch
		inBubble(ch)
	})
}

func helper(ch chan int) {
	<-ch // want
}

func apart(ch chan int) { <-ch }

func inBubble(ch chan int) { time.Sleep(time.Hour); <-ch }

func serve(func(context.Context)) {}
