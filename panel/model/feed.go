package model

// FeedState is how the connection that carries the batches is doing.
type FeedState uint8

// The states of the feed.
const (
	FeedConnecting FeedState = iota
	FeedLive
	FeedWaiting // lost; another attempt follows
	FeedStopped // refused for good: the server has a new token, or gives this browser none: the page must be loaded again
)
