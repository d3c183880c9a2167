// Package model is everything the panel knows and decides, without a screen: the rows it keeps, which of them the filter
// shows, which are in the window, what is selected, and whether the view follows the newest.
//
// # Words
//
// Rows are those of package rows. A match is a row that the view and the filter show. The window is the run of matches on
// the screen. A view is Messages (one row for each data message, at the frame that ended it, and each control frame where
// it fell) or Frames (one row per frame). Events of a connection (request, response, close, end) are rows in both.
//
// A query is a filter in the language of package query; it hides the other rows, or in find mode marks its own, which are
// the hits. A pair is a request and its answer, or a ping and its pong. Message stats are what was counted of messages: they
// need decoders (package decode) and come in slices, after everything else is done.
//
// # Shape
//
// [Model.Update] takes a [Msg], changes the model in place and returns the [Effect]s that its caller must perform. The same
// messages give the same state. Taking in a record is O(1). Whatever may take long is done in slices by [Model.Step], whose
// caller looks at the clock between them. Everything that is read off the model ([Model.Window], [Model.Status],
// [Model.Detail] and the rest) is plain strings and numbers.
//
// A [Model] has one part for each thing that it knows, and each part owns its state:
//
//	intake     takes batches into the store, the connections and the counts; notices what is missing
//	conns      the connections
//	counts     tallies, message stats and the timeline since the last Clear
//	marks      rows and notes that a person marked
//	search     view, filter, the parsed query, matches, hits and the counts of the chips
//	viewport   which matches are in the window
//	selection  the selected row, and how its detail is shown
//	decoding   chosen decoders and the schema; summaries has what they made of the rows in sight
//	pairing    the search for requests and their answers
//	charting   counts over time what is shown
//	details    writes the detail of the selection; grid writes rows as lines; files writes them as files
//
// A part knows only those above it in this list; what connects them, and nothing else, is in Model.
//
// # Never
//
// The package knows no go-app, no js, no network and no clock. It never loses a row without saying so: evicted rows and
// missing records are counted and shown. It never grows without bound: rows, payload bytes, connections and every list in a
// detail have a limit.
package model
