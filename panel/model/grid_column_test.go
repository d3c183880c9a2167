package model

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mismatch returns the name of a column that does not show the field of its name, "" when all do.
func mismatch(columns []Column) string {
	var l Line
	fields := reflect.ValueOf(&l).Elem()
	for i := range fields.NumField() {
		if f := fields.Field(i); f.Kind() == reflect.String {
			f.SetString(fields.Type().Field(i).Name)
		}
	}
	for _, c := range columns {
		if !strings.EqualFold(strings.ReplaceAll(c.Name, "-", ""), c.Cell(&l)) {
			return c.Name
		}
	}
	return ""
}

// TestEveryColumnShowsTheFieldOfItsName, and of any two columns that are swapped the test says so.
func TestEveryColumnShowsTheFieldOfItsName(t *testing.T) {
	if name := mismatch(Columns[:]); name != "" {
		t.Errorf("column %s shows another field", name)
	}
	for i := range Columns {
		for j := range i {
			swapped := Columns
			swapped[i].Cell, swapped[j].Cell = swapped[j].Cell, swapped[i].Cell
			if mismatch(swapped[:]) == "" {
				t.Errorf("swapping is not noticed: %s and %s are swapped", Columns[i].Name, Columns[j].Name)
			}
		}
	}
}

// TestEveryCellHasAColumn: each text of a line but its class names has a column, and the painter knows just these.
func TestEveryCellHasAColumn(t *testing.T) {
	names := strings.Fields(ColumnNames())
	fields := reflect.TypeFor[Line]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		has := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.ReplaceAll(n, "-", ""), f.Name) })
		if f.Type.Kind() == reflect.String && f.Name != "Look" && !has {
			t.Errorf("the cell %s has no column", f.Name)
		}
	}
	b, err := os.ReadFile("../../static/panel/columns.js")
	if err != nil {
		t.Fatal(err)
	}
	var painted []string
	for _, m := range regexp.MustCompile(`\{ name: "([a-z-]+)", head:`).FindAllStringSubmatch(string(b), -1) {
		painted = append(painted, m[1])
	}
	slices.Sort(painted)
	slices.Sort(names)
	if !slices.Equal(painted, names) {
		t.Errorf("columns.js has %v, Go has %v", painted, names)
	}
}
