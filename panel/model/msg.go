package model

import "github.com/tetherscope/tetherscope/internal/record"

// Msg is something that happened: a batch came, a person did something. [Model.Update] takes it in.
type Msg interface{ isMsg() }

// Effect is something that the model asks for and cannot do itself. Whoever calls [Model.Update] performs it.
type Effect interface{ isEffect() }

// The messages.
type (
	// Batch is one encoded batch of records (package record). Its bytes are copied.
	Batch struct{ Bytes []byte }
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
	SetFilter struct{ Filter Filter }
	// SetFind says whether the query marks rows and hides none, or hides the others.
	SetFind struct{ On bool }
	// SetSpan shows only rows of a span of the timeline, ns since its first bin; an empty span shows all.
	SetSpan struct{ From, To int64 }
	// StopScan leaves the rows unasked that the scan has not come to.
	StopScan struct{}
	// NextHit moves the selection to the next row that the query marks (By 1) or to the one before (By -1).
	NextHit struct{ By int }
	// HideLike adds to the filter that the selected row and its like are not shown.
	HideLike struct{}
	// OnlyLike adds to the filter that only the selected row and its like are shown.
	OnlyLike struct{}
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
	SetView struct{ View View }
	// Resize says how many rows fit into the window.
	Resize struct{ Rows int }
	// Scroll says which match a person put at the top of the window, and whether the last one is in sight.
	Scroll struct {
		First int
		AtEnd bool
	}
	// Move moves the selection by so many matches.
	Move struct{ By int }
	// MoveSameWay moves the selection to the next shown frame of its direction (By 1) or the one before (By -1).
	MoveSameWay struct{ By int }
	// MovePage moves the selection by so many windows.
	MovePage struct{ By int }
	// MoveFirst selects the first match.
	MoveFirst struct{}
	// MoveLast goes to the last row and follows, thawed if it was frozen.
	MoveLast struct{}
	// Select selects the row with an ID.
	Select struct{ ID uint64 }
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
	// Light chooses a line of the decoded view, from 0 up: its bytes light up. Chosen again it is let go.
	Light struct{ Line int }
	// LightNext chooses the next line (By 1) or the one before (By -1).
	LightNext struct{ By int }
	// LightAt chooses the line that says most about a byte of the payload.
	LightAt struct{ Offset int }
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
	// Export asks for all shown rows as JSON lines.
	Export struct{}
	// CopyAs asks for the content of the selected row in a form.
	CopyAs struct{ Form Form }
	// Seek selects the record with a number, now or when it comes.
	Seek struct{ Seq uint64 }
)

func (Batch) isMsg()          {}
func (Feed) isMsg()           {}
func (Record) isMsg()         {}
func (Freeze) isMsg()         {}
func (Clear) isMsg()          {}
func (Undo) isMsg()           {}
func (SetFilter) isMsg()      {}
func (SetFind) isMsg()        {}
func (StopScan) isMsg()       {}
func (SetSpan) isMsg()        {}
func (NextHit) isMsg()        {}
func (HideLike) isMsg()       {}
func (OnlyLike) isMsg()       {}
func (ToggleMark) isMsg()     {}
func (SetNote) isMsg()        {}
func (NextMark) isMsg()       {}
func (SetView) isMsg()        {}
func (Resize) isMsg()         {}
func (Scroll) isMsg()         {}
func (Move) isMsg()           {}
func (MoveSameWay) isMsg()    {}
func (MovePage) isMsg()       {}
func (MoveFirst) isMsg()      {}
func (MoveLast) isMsg()       {}
func (Select) isMsg()         {}
func (Unselect) isMsg()       {}
func (Inspect) isMsg()        {}
func (SetTab) isMsg()         {}
func (SetShape) isMsg()       {}
func (SetBytes) isMsg()       {}
func (Light) isMsg()          {}
func (LightNext) isMsg()      {}
func (LightAt) isMsg()        {}
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

// The effects.
type (
	// Download hands a file to the person.
	Download struct {
		Name, Type string
		Data       []byte
	}
	// PutClipboard copies text.
	PutClipboard struct{ Text string }
	// Tell says something to the person.
	Tell struct{ Text string }
	// PutFilter puts text into the filter box.
	PutFilter struct{ Text string }
)

func (PutFilter) isEffect() {}

func (Download) isEffect()     {}
func (PutClipboard) isEffect() {}
func (Tell) isEffect()         {}

// FeedState is how the connection that carries the batches is doing.
type FeedState uint8

// The states of the feed.
const (
	FeedConnecting FeedState = iota
	FeedLive
	FeedWaiting // lost; another attempt follows
	FeedStopped // refused for good: the server has a new token, so the page must be loaded again
)
