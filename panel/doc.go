// Package panel is the view of scope: go-app elements drawn from a snapshot of package controller.
//
// # Shape
//
// One component, [Panel], and functions from values to elements. An element that can be clicked carries a command, a value of
// a type of package controller, in data-do and data-arg; one click handler at the root reads it back and hands it to the
// controller, since handlers of single elements would keep what they captured when go-app reuses the element.
//
// The grid is one element that go-app does not look into: static/panel/grid.js paints it from a packed string, once per
// animation frame, because a go-app list of the same rows is eight times as slow. Regions are always there and hidden by
// class, so that no element changes its place among its siblings: go-app matches children by position, and the grid must
// never be replaced.
//
// # For tests
//
// Regions carry data-testid: panel, toolbar, view, chips, below (the filter box), problem, saved, conns, area, timeline, charts, readout,
// grid, empty, quiet, pill, stats, detail, tab-Message (and the other tabs), text, json, decoded, linked (its
// bytes), picture, schema, fragments, diff, hex, bits, accept,
// close, status, feed, mode, help, settings, stats-conns, demo; compose (the composer), compose-conns, -to, -form, -op, -flags, -mask, -inside, -hex, -size,
// -problems, -force, -send, -result, -error, -templates, -dial, -dialled; its connections carry data-target; requests, and -state, -text, -problem, -run, -stop, -check, -kept, -vars, -outline, -steps, -without. Counters of the status bar carry data-counter, connections data-conn, the feed
// data-state. A row of the grid has its ID in data-id and its cells in spans of the classes c-row c-seq c-time c-delta
// c-conn-delta c-dir-delta c-conn c-dir c-type c-flags c-key c-length c-ratio c-response c-preview c-decoded c-note; columns that are not shown and rows
// that are not in use are hidden. Only the rows on the screen are in the page: all shown rows come from Export, as JSON lines.
//
// # What stays in the browser
//
// Saved filters, requests, templates of the composer and the key paths of pairs (through controller.Page), the columns (static/panel/columns.js) and the sizes of the regions (static/panel/layout.js)
// are kept in localStorage, under names that begin with "tetherscope."; marks and notes go with their rows. A
// descriptor set is kept in sessionStorage, for as long as the tab is open. The selected
// record stands in the address, as #rec=N.
//
// # Keys
//
// In the composer Ctrl+Enter sends, in the requests it runs. The map is in package controller (key.go); the help that ? opens lists it. m marks a row, as in other inspectors, so v switches
// between messages and frames; s shows the statistics and d compares with the row that was marked last. While the list of
// decoded lines has the focus, arrow keys choose a line of it.
//
// # Never
//
// The package knows no syscall/js and no clock and builds natively, for tests. It never turns data into markup: text
// nodes and attributes only. It sets no style attributes: the content security policy forbids them.
package panel
