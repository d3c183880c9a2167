//go:build !js

// Package redisstore keeps the sessions of resumeserver in Redis 6.2 or later, a single server, Sentinel or Cluster, so that a
// client goes on at another node, or at the same one after a restart.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"127.0.0.1:6379"}})
//	sessions := &resumeserver.Server{Store: redisstore.New(client, redisstore.Options{})}
//
// # What it keeps there
//
//	resume:{NAME}        hash: the token of the session's owner, those that its client may have, how far both sides are, and the
//	                     run_id of the Redis process that was given it as a whole
//	resume:{NAME}:out    stream: messages of the handler that the client has not acknowledged, by their number
//
// Both expire with the session. NAME is drawn by the server; nothing that a client or a user sends becomes part of a key. Each
// step of a session is one script, which checks the token first; the steps of many sessions travel in one pipeline to each process.
//
// # Never
//
// A wait without the context's bound. A session taken by two nodes. A Redis that has lost everything costs no message that a node
// still has, and a gap otherwise.
//
// Nor is a session continued from an older state. Redis replicates asynchronously, so that a replica that is promoted may lack the last
// steps, as may a server that is started again with its file. So each session has the run_id of the process that was given it as a whole, and
// any other process does not know it: the node that owns the session saves it there as a whole, without a gap; a client that comes to
// another node before that gets a gap.
package redisstore
