package panel

import (
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/panel/controller"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/scope/act"
)

// TestAHiddenFrameHasNoEdit: its button is disabled and says why; the one of another frame is not.
func TestAHiddenFrameHasNoEdit(t *testing.T) {
	for _, hidden := range []bool{true, false} {
		out := app.HTMLString(interceptedFrame(&model.InterceptedRow{InterceptedFrame: act.InterceptedFrame{Conn: 1, To: act.ToServer, ID: 1, Hidden: hidden}}, 0))
		if strings.Contains(out, "disabled") != hidden || strings.Contains(out, controller.HiddenFrame) != hidden {
			t.Errorf("hidden %t: %s", hidden, out)
		}
	}
}
