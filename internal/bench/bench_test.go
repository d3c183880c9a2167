package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// These tests prove that the benchmark's own parts are right: its server sends what was asked for, and the median is one.

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		rates []float64
		want  float64
	}{{[]float64{7}, 7}, {[]float64{9, 1}, 5}, {[]float64{100, 1, 3}, 3}, {[]float64{4, 1, 100, 2}, 3}} {
		var list []sample
		for _, r := range tc.rates {
			list = append(list, sample{perSecond: r})
		}
		if got := median(list, rate.of); got != tc.want {
			t.Errorf("median of %v is %v, want %v", tc.rates, got, tc.want)
		}
	}
}

func TestServerEchoesAndFloods(t *testing.T) {
	const size = 128
	server := httptest.NewServer(endpoints())
	defer server.Close()
	ctx := context.Background()

	c, _, err := websocket.Dial(ctx, server.URL+"/echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(2 << 20)
	for _, want := range []string{"", "x", strings.Repeat("žluť", 4000), strings.Repeat("y", 1<<20)} {
		if err := c.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if kind, got, err := c.Read(ctx); err != nil || kind != websocket.MessageText || string(got) != want {
			t.Fatalf("echo of %d bytes: %v, %d bytes, %v", len(want), kind, len(got), err)
		}
	}
	if err := c.Close(4000, "bye"); err != nil {
		t.Errorf("close: %v", err)
	}

	c, _, err = websocket.Dial(ctx, server.URL+"/firehose?n=1000&size=128&kind=binary", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("go")); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		kind, got, err := c.Read(ctx)
		if err == nil && kind == websocket.MessageBinary && len(got) == size {
			continue
		}
		if n != 1000 || websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("after %d messages: %d bytes, %v", n, len(got), err)
		}
		break
	}
}
