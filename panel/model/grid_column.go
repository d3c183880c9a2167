package model

// Column is one column of the grid. The painter is given the names once, and the cells of a line in the same order, both
// from [Columns]; everything else about a column it finds by name, in static/panel/columns.js.
type Column struct {
	Name string
	Cell func(*Line) string
}

// Columns are the columns of the grid. The name of each is that of the field of [Line] that it shows, in lower case and
// with hyphens between its words.
var Columns = [...]Column{
	{"row", func(l *Line) string { return l.Row }},
	{"seq", func(l *Line) string { return l.Seq }},
	{"time", func(l *Line) string { return l.Time }},
	{"delta", func(l *Line) string { return l.Delta }},
	{"conn-delta", func(l *Line) string { return l.ConnDelta }},
	{"dir-delta", func(l *Line) string { return l.DirDelta }},
	{"conn", func(l *Line) string { return l.Conn }},
	{"node", func(l *Line) string { return l.Node }},
	{"path", func(l *Line) string { return l.Path }},
	{"dir", func(l *Line) string { return l.Dir }},
	{"type", func(l *Line) string { return l.Type }},
	{"flags", func(l *Line) string { return l.Flags }},
	{"key", func(l *Line) string { return l.Key }},
	{"length", func(l *Line) string { return l.Length }},
	{"ratio", func(l *Line) string { return l.Ratio }},
	{"response", func(l *Line) string { return l.Response }},
	{"preview", func(l *Line) string { return l.Preview }},
	{"decoded", func(l *Line) string { return l.Decoded }},
	{"note", func(l *Line) string { return l.Note }},
	{"rung", func(l *Line) string { return l.Rung }},
	{"pairs", func(l *Line) string { return l.Pairs }},
}

// ColumnNames returns the names of the columns with spaces between, in the order of the cells of a packed line.
func ColumnNames() string {
	var out []byte
	for i := range Columns {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, Columns[i].Name...)
	}
	return string(out)
}
