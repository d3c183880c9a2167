package e2e

import (
	"os"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/chrome"
)

func TestMain(m *testing.M) { os.Exit(chrome.Share(m)) }
