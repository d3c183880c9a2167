package model

import (
	"errors"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/query"
)

// Colors are the colors that rows can have.
var Colors = [...]string{"red", "orange", "yellow", "green", "blue", "purple"}

// ColorRule colors the rows that a query finds.
type ColorRule struct{ Query, Color string }

var (
	errColor   = errors.New("a color is red, orange, yellow, green, blue or purple")
	errContext = errors.New("near, before and after look at other rows; a color is that of one row")
)

// Check says what is wrong with a rule, nil for nothing.
func (r ColorRule) Check() error {
	_, err := r.parse()
	return err
}

func (r ColorRule) parse() (*query.Query, error) {
	q, err := query.Parse(r.Query)
	switch {
	case !slices.Contains(Colors[:], r.Color):
		return nil, errColor
	case err != nil:
		return nil, err
	case q.HasContext():
		return nil, errContext
	}
	return q, nil
}
