package main

import (
	"fmt"
	"strconv"
	"syscall/js"

	"github.com/tetherscope/tetherscope/panel/model"
)

// gridMessage returns what a person did to the grid as a message to the model. The arguments are those that
// static/panel/grid.js calls report with.
func gridMessage(args []js.Value) (model.Msg, error) {
	switch event := args[0].String(); event {
	case "scroll":
		return model.Scroll{First: args[1].Int(), AtEnd: args[2].Bool()}, nil
	case "size":
		return model.Resize{Rows: args[1].Int()}, nil
	case "pick", "also", "to":
		id, err := rowID(args)
		if err != nil {
			return nil, err
		}
		return map[string]model.Msg{"pick": model.Select{ID: id}, "also": model.SelectAlso{ID: id}, "to": model.SelectTo{ID: id}}[event], nil
	case "sort":
		return model.SortBy{Column: args[1].String()}, nil
	default:
		return nil, fmt.Errorf("grid: unknown event %q", event)
	}
}

// rowID returns the ID of the row that an event is about.
func rowID(args []js.Value) (uint64, error) {
	id, err := strconv.ParseUint(args[1].String(), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("grid: the ID of the row that was clicked: %w", err)
	}
	return id, nil
}
