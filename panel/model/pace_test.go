package model

import (
	"testing"
	"time"
)

func TestLateFramesWorkLessAndAlwaysSome(t *testing.T) {
	var p Pace
	if p.Work(0) != mostWork || p.Work(16*time.Millisecond) != mostWork {
		t.Fatal("less work than there was time for")
	}
	for range 10 {
		p.Work(100 * time.Millisecond)
	}
	if got := p.Work(100 * time.Millisecond); got != leastWork {
		t.Fatalf("late again and again: %v, want %v", got, leastWork)
	}
	for range 20 {
		p.Work(16 * time.Millisecond)
	}
	if got := p.Work(16 * time.Millisecond); got != mostWork {
		t.Fatalf("in time again: %v, want %v", got, mostWork)
	}
}
