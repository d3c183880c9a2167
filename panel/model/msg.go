package model

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/rows"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Msg is something that happened: a batch came, a person did something. [Model.Update] takes it in.
type Msg interface{ isMsg() }

// The messages.
type (
	// Batch is one encoded batch of records (package record). Its bytes are copied.
	Batch struct{ Bytes []byte }
	// FileBatch is a batch of one of several files that are open together.
	FileBatch struct {
		Bytes []byte
		File  string
	}
	// Feed says how the feed itself is doing.
	Feed struct {
		State FeedState
		Note  string // why, in words
	}
	// Record switches the taking in of records on or off.
	Record struct{ On bool }
	// Freeze stops or restarts the view while records are still taken in.
	Freeze struct{ On bool }
	// Clear hides every row that is there and starts the counters again.
	Clear struct{}
	// Undo takes the last Clear back.
	Undo struct{}
	// SetFilter changes the filter.
	SetFilter struct{ Filter rows.Filter }
	// SetFind says whether the query marks rows and hides none, or hides the others.
	SetFind struct{ On bool }
	// Brush narrows the filter to a span of time, ns since 1970 UTC, by times of day in its text; an empty span takes them away.
	Brush struct{ From, To int64 }
	// StopScan leaves the rows unasked that the scan has not come to.
	StopScan struct{}
	// NextHit moves the selection to the next row that the query marks (By 1) or to the one before (By -1).
	NextHit struct{ By int }
	// HideSimilar adds to the filter that the selected row and similar ones are not shown.
	HideSimilar struct{}
	// OnlySimilar adds to the filter that only the selected row and similar ones are shown.
	OnlySimilar struct{}
	// ToggleMark marks a row or takes its mark and note away.
	ToggleMark struct{ ID uint64 }
	// SetNote marks a row with a note; an empty one leaves the mark.
	SetNote struct {
		ID   uint64
		Text string
	}
	// NextMark selects the next marked row, and the first after the last.
	NextMark struct{}
	// SetView changes between Messages and Frames.
	SetView struct{ View rows.View }
	// Resize says how many rows fit into the window.
	Resize struct{ Rows int }
	// Scroll says which match a person put at the top of the window, and whether the last one is in sight.
	Scroll struct {
		First int
		AtEnd bool
	}
	// Move moves the selection by so many matches.
	Move struct{ By int }
	// MoveSameDir moves the selection to the next shown frame of its direction (By 1) or the one before (By -1).
	MoveSameDir struct{ By int }
	// MovePage moves the selection by so many windows.
	MovePage struct{ By int }
	// MoveFirst selects the first match.
	MoveFirst struct{}
	// MoveLast goes to the last row and follows, thawed if it was frozen. Of sorted rows it selects the last.
	MoveLast struct{}
	// Live goes to the newest row and follows, in the order of time and thawed.
	Live struct{}
	// SetLayout changes how the grid draws its rows.
	SetLayout struct{ Layout Layout }
	// SortBy sorts the rows that are shown now by a column of [Columns]: ascending, again descending, and again not. The view is
	// frozen until it is live again.
	SortBy struct{ Column string }
	// Select selects the row with an ID.
	Select struct{ ID uint64 }
	// SelectAlso selects a row beside those that are selected, or does not any more.
	SelectAlso struct{ ID uint64 }
	// SelectTo selects the shown rows from the selected one to another.
	SelectTo struct{ ID uint64 }
	// Extend moves the end of what [SelectTo] selected by so many shown rows.
	Extend struct{ By int }
	// Unselect selects nothing.
	Unselect struct{}
	// Inspect selects the handshake of a connection in the detail without a row of the grid.
	Inspect struct{ Conn uint32 }
	// SetTab changes what the detail shows.
	SetTab struct{ Tab Tab }
	// SetShape changes how the Message tab shows a payload.
	SetShape struct{ Shape Shape }
	// SetDecoder chooses how messages of the selected row's connection are decoded; "" guesses again.
	SetDecoder struct{ Name string }
	// GoPair selects the row that the selected one answers, or its answer.
	GoPair struct{}
	// SetBytes says how the Hex tab shows a masked payload.
	SetBytes struct{ As BytesAs }
	// Highlight chooses a line of the decoded view, from 0 up, and highlights its bytes. Chosen again the highlight goes.
	Highlight struct{ Line int }
	// HighlightNext chooses the next line (By 1) or the one before (By -1).
	HighlightNext struct{ By int }
	// HighlightAt chooses the line that says most about a byte of the payload.
	HighlightAt struct{ Offset int }
	// SetBytePage turns to a page of the bytes below the decoded view.
	SetBytePage struct{ Page int }
	// SetSchema takes a descriptor set for Protobuf payloads, called Name; without bytes it takes the one that is there away.
	SetSchema struct {
		Name  string
		Bytes []byte
	}
	// SetMessageType says which message of the schema the payloads of a direction are; "" for none.
	SetMessageType struct {
		Dir  record.Dir
		Name string
	}
	// SetPairing says where in messages the key stands by which requests and answers find each other, as paths; an empty Answer
	// is as Request, and an empty Request means that only protocols say it.
	SetPairing struct{ Request, Answer string }
	// SetPage turns to a page of the hex view or of the text, from 0 up.
	SetPage struct{ Page int }
	// Fold opens or closes a line of the JSON tree, named by its byte offset.
	Fold struct{ Offset int }
	// Export asks for all shown rows as JSON lines, without the credentials of handshakes unless Secrets is set.
	Export struct{ Secrets bool }
	// CopyAs asks for the content of the selected row in a form. JSON and commands are without the credentials of handshakes.
	CopyAs struct{ Form Form }
	// Page brings what [Model.NextPage] asked for, or says why it does not come.
	Page struct {
		act.Page
		Seq     uint64
		Problem string
	}
	// SeekRow selects the row with a number among the matches.
	SeekRow struct{ Number int }
	// SeekTime selects the first match at or after a time of day, in nanoseconds since midnight.
	SeekTime struct{ Nanoseconds int64 }
	// SetColors colors rows, each by the first rule whose query finds it.
	SetColors struct{ Rules []ColorRule }
	// ShowCharts counts what the filter shows over time, for [Model.Charts], or ends that.
	ShowCharts struct{ On bool }
	// SetTimes changes what the column of times shows.
	SetTimes struct{ Times Times }
	// Seek selects the record with a number, now or when it comes.
	Seek struct{ Seq uint64 }
)

func (Batch) isMsg()          {}
func (FileBatch) isMsg()      {}
func (Feed) isMsg()           {}
func (Record) isMsg()         {}
func (Freeze) isMsg()         {}
func (Clear) isMsg()          {}
func (Undo) isMsg()           {}
func (SetFilter) isMsg()      {}
func (SetFind) isMsg()        {}
func (StopScan) isMsg()       {}
func (NextHit) isMsg()        {}
func (HideSimilar) isMsg()    {}
func (OnlySimilar) isMsg()    {}
func (ToggleMark) isMsg()     {}
func (SetNote) isMsg()        {}
func (NextMark) isMsg()       {}
func (SetView) isMsg()        {}
func (Resize) isMsg()         {}
func (Scroll) isMsg()         {}
func (Move) isMsg()           {}
func (MoveSameDir) isMsg()    {}
func (MovePage) isMsg()       {}
func (MoveFirst) isMsg()      {}
func (MoveLast) isMsg()       {}
func (Live) isMsg()           {}
func (SortBy) isMsg()         {}
func (SetLayout) isMsg()      {}
func (Select) isMsg()         {}
func (Unselect) isMsg()       {}
func (Inspect) isMsg()        {}
func (SetTab) isMsg()         {}
func (SetShape) isMsg()       {}
func (SetBytes) isMsg()       {}
func (Highlight) isMsg()      {}
func (HighlightNext) isMsg()  {}
func (HighlightAt) isMsg()    {}
func (SetBytePage) isMsg()    {}
func (SetSchema) isMsg()      {}
func (SetMessageType) isMsg() {}
func (SetPairing) isMsg()     {}
func (SetDecoder) isMsg()     {}
func (GoPair) isMsg()         {}
func (SetPage) isMsg()        {}
func (Fold) isMsg()           {}
func (Export) isMsg()         {}
func (CopyAs) isMsg()         {}
func (Seek) isMsg()           {}
func (SeekRow) isMsg()        {}
func (SeekTime) isMsg()       {}
func (SetTimes) isMsg()       {}
func (ShowCharts) isMsg()     {}
func (Brush) isMsg()          {}
func (SelectAlso) isMsg()     {}
func (SelectTo) isMsg()       {}
func (Extend) isMsg()         {}
func (SetColors) isMsg()      {}
func (Page) isMsg()           {}
