package engine

import (
	"time"

	"github.com/tetherscope/tetherscope/wasm/codec"
)

// EventKind is what happened.
type EventKind uint8

// The kinds of [Event], with the fields that they use.
const (
	EventRun          EventKind = iota // Run was called
	EventResolved                      // the endpoint provider answered: target
	EventUnresolved                    // the endpoint provider failed: err
	EventOpened                        // transport: the connection is open
	EventReceived                      // transport: a message
	EventEnded                         // transport: the attempt failed or the connection ended: ended
	EventConnectTimer                  // the attempt takes too long
	EventRetryTimer                    // the wait is over
	EventCloseTimer                    // the closing handshake takes too long
	EventBeatTimer                     // the heartbeat is due
	EventHiddenTimer                   // the page has been hidden for as long as is allowed
	EventAlive                         // a control frame, or the pong to a protocol ping: answer, nonce
	EventHint                          // the platform says something of the network or the page: hint
	EventDiagnosed                     // it was found out why attempts fail: finding
	EventQueued                        // a message was put into the outbox
	EventFlushed                       // the outbox was offered to the transport: left, buffered, tracked, mark
	EventDrained                       // transport: no more than what was watched for is buffered
	EventInboxHigh                     // the reader falls behind
	EventInboxLow                      // the reader caught up
	EventInboxFull                     // a message had to be given up
	EventTooBig                        // a message is larger than allowed
	EventReconnect                     // Reconnect was called: err
	EventPause                         // Pause was called
	EventResume                        // Resume was called
	EventShutdown                      // Shutdown was called: ended.Code, ended.Reason, left
	EventClose                         // Close was called, or Run's context ended: err
	EventAbort                         // Shutdown's context ended: nothing may take any more time
	EventGreeted                       // for the shell: the first words of a connection are known
	EventKinds                         // how many there are
)

// Event is one thing that happened, with what belongs to it.
type Event struct {
	Kind       EventKind
	Generation uint32        // of events of the transport and the endpoint provider
	Timer      uint32        // ID of the timer that fired
	Buffered   int           // EventFlushed: bytes in the transport
	Left       int           // EventFlushed: messages still to go; EventShutdown: messages; else bytes in the transport
	Tracked    int           // EventFlushed: messages in the transport that a receipt follows
	Mark       int           // EventFlushed: how many bytes may be buffered for something to go on; -1: nothing will
	Random     float64       // in [0,1), drawn for each event
	Now        time.Duration // since the client was made; 0 if nothing depends on it: opening and ending connections, and monitors, do
	Answer     Answer        // EventReceived, EventAlive: what it is to the heartbeat
	Hint       Hint          // EventHint
	Nonce      uint32        // EventReceived, EventAlive: of a pong
	Finding    error         // EventDiagnosed
	Message    codec.Message // EventReceived
	Opened     Opened        // EventOpened
	Target     *Target       // EventResolved
	Ended      *CloseInfo    // EventEnded, EventShutdown
	Err        error
	Greeted    bool  // EventOpened: the first words were said
	Empty      bool  // the client shuts down, and no message is left to send
	Flow       *Flow // EventBeatTimer, EventHint: how bytes move; nil: unknown
}

// Flow is how bytes move over the current connection, as far as the platform shows it.
type Flow struct {
	Arrived uint64 // bytes that arrived, those of messages that are not complete included
	Handed  uint64 // bytes of messages that were handed over
	Left    uint64 // how many of them have left
	Moved   uint64 // another number as soon as anything leaves
	Exact   bool   // what has left has reached the peer's machine; else it may still wait in this one's kernel
	// Silence is how long a message may be on its way without being seen: a browser shows none before it is complete.
	Silence time.Duration
}

// Answer is what an inbound message is to the heartbeat.
type Answer uint8

// The kinds of [Answer].
const (
	AnswerNone  Answer = iota // a message like any other: a sign of life
	AnswerPong                // the answer to a ping; its nonce is in the event
	AnswerEcho                // our own ping, returned by an echoing proxy: no sign of life
	AnswerPlain               // a pong that does not say to which ping: an answer, and perhaps a message of the application
)

// Hint is what the platform says of the network or the page. No hint proves anything (P21).
type Hint uint8

// The kinds of [Hint].
const (
	HintOnline   Hint = iota // the device has a network again
	HintOffline              // the device has no network
	HintVisible              // the page is visible
	HintHidden               // the page is hidden
	HintFreeze               // the page will not run for a while
	HintThaw                 // the page runs again
	HintPageHide             // the page goes into the back/forward cache
	HintPageShow             // the page came back from there
	hints
)

// Timer is one of the machine's timers. Each runs at most once at a time.
type Timer uint8

// The timers.
const (
	ConnectTimer Timer = iota
	RetryTimer
	CloseTimer
	BeatTimer
	HiddenTimer
	Timers // how many there are
)

// Fired returns the kind of the event that says that t fired.
func (t Timer) Fired() EventKind { return EventConnectTimer + EventKind(t) }
