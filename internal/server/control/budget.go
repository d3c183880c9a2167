package control

import (
	"net/http"

	"github.com/tetherscope/tetherscope/internal/budget"
	"github.com/tetherscope/tetherscope/scope/act"
)

// budget lists what the process holds for others, with its limits.
func (a *API) budget(w http.ResponseWriter, _ *http.Request) {
	list := act.Budget{Shares: []act.Share{}}
	for _, s := range budget.Shares() {
		list.Shares = append(list.Shares, act.Share{
			Name: s.Name, Means: s.Means, Refusal: s.Refusal, Limit: s.Limit(), Used: s.Used(), Refused: s.Refused(),
		})
	}
	answer(w, list)
}
