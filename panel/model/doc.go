// Package model is everything the panel knows and decides, without a screen: the rows it keeps, which of them the filter
// shows, which are in the window, what is selected, and whether the view follows the newest.
//
// # Words
//
// A row is what the grid can show: one record, or a gap. Its ID is its place in the run of everything that this panel
// ever took in; IDs never change and never return, so selection and scroll position hold on to IDs and not to places on
// the screen. The store is the ring of rows: columns for what filters ask, an arena for the payloads. A match is a row
// that the view and the filter show. The window is the run of matches on the screen. A view is Messages (one row for
// each data message, at the frame that ended it, and each control frame where it fell) or Frames (one row per frame).
// Events of a connection (request, response, close, end) are rows in both.
//
// A query is a filter in the language of package query; it hides the other rows, or in find mode marks its own, which are
// the hits. A pair is a request and its answer, or a ping and its pong. Knowledge is what was counted of messages: it needs
// decoders (package decode) and comes in slices, after everything else is done.
//
// # Shape
//
// [Model.Update] takes a [Msg], changes the model in place and returns the [Effect]s that somebody with hands must
// perform. The same messages give the same state. Taking in a record is O(1). Whatever may take long is done in slices by
// [Model.Step], whose caller looks at the clock between them. Everything that is read off the model ([Model.Window],
// [Model.Status], [Model.Detail] and the rest) is plain strings and numbers.
//
// # Never
//
// The package knows no go-app, no js, no network and no clock. It never loses a row in silence: evicted rows and missing
// records are counted and shown. It never grows without bound: rows, payload bytes, connections and every list in a
// detail have a limit.
package model
