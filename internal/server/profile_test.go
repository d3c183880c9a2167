package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
)

// profile asks for a path below the profiles.
func (s *running) profile(path, peer, token, proxy string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:7316"+profilePath+path, http.NoBody)
	r.RemoteAddr = peer
	if token != "" {
		r.Header.Set(feed.TokenHeader, token)
	}
	if proxy != "" {
		r.Header.Set("X-Forwarded-For", proxy)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// TestProfilesNeedTheFlagTheMachineAndTheToken: profiles are served with -pprof only, to programs of this machine that have the
// token of the run, also where the panel is open to other machines; and none of them shows the command line.
func TestProfilesNeedTheFlagTheMachineAndTheToken(t *testing.T) {
	const here, elsewhere = "127.0.0.1:4711", "192.0.2.1:4711"
	for _, addr := range []string{"127.0.0.1:7316", "0.0.0.0:7316"} {
		s := start(t, func(c *Config) { c.Addr, c.Profiles = addr, true })
		for _, c := range []struct {
			path, peer, token, proxy string
			status                   int
		}{
			{"", here, s.Token(), "", 200},
			{"heap", here, s.Token(), "", 200},
			{"goroutine?debug=1", here, s.Token(), "", 200},
			{"cmdline", here, s.Token(), "", 404},
			{"heap", here, "", "", 403},
			{"heap", here, "wrong", "", 403},
			{"heap", elsewhere, s.Token(), "", 403},
			{"heap", here, s.Token(), "127.0.0.1", 403},
		} {
			if w := s.profile(c.path, c.peer, c.token, c.proxy); w.Code != c.status {
				t.Errorf("%s: %+v: HTTP %d", addr, c, w.Code)
			}
		}
	}
	s := start(t, nil)
	if w := s.profile("heap", here, s.Token(), ""); w.Code != http.StatusNotFound {
		t.Errorf("without -pprof: HTTP %d", w.Code)
	}
}

// TestMetricsOfTheProcess: what a leak shows in is among the metrics.
func TestMetricsOfTheProcess(t *testing.T) {
	s := start(t, nil)
	_, metrics := s.get(t, "GET", "/metrics")
	for _, name := range []string{"go_goroutines ", "process_open_fds ", "process_resident_memory_bytes "} {
		if !strings.Contains(metrics, "\n"+name) {
			t.Errorf("%q is not among the metrics", name)
		}
	}
}
