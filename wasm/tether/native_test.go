//go:build !js

package tether_test

import (
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/tetherscope/tetherscope/internal/wstest"
)

var server *wstest.Server

func TestMain(m *testing.M) {
	server = wstest.Start()
	code := m.Run()
	server.Close()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

func serverURL(*testing.T) string { return server.URL }
