package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

// TestEveryVariantDoesEveryMeasurement: a figure stands for messages that have all arrived with their right sizes. The
// packages from npm are left out: the page that uses them is that of plain JavaScript.
func TestEveryVariantDoesEveryMeasurement(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three programs")
	}
	all := variants
	variants = variants[:coder+1]
	t.Cleanup(func() { variants = all })
	site, err := serveSite(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoints())
	t.Cleanup(server.Close)
	ws := "ws" + strings.TrimPrefix(server.URL, "http")
	b := chrome.New(t)
	for i, v := range variants {
		p, err := openTab(t.Context(), b, fmt.Sprintf("%s/%d", site, i))
		if err != nil {
			t.Fatal(v.name, err)
		}
		for _, planned := range plan(options{bytes: []int{16, 64 << 10, 1 << 20}}, ws) {
			c := newCell(planned.Mode, planned.kind(), planned.Size, 6, ws)
			got, err := ask(t.Context(), p, c)
			if err != nil || got.perSecond <= 0 || (got.p50 > 0) != (c.Mode == pingpong) {
				t.Errorf("%s, %s, %s of %s: %+v, %v", v.name, c.Mode, c.kind(), sizeName(c.Size), got, err)
			}
		}
	}
}
