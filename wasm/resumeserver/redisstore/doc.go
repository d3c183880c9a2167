//go:build !js

// Package redisstore keeps the sessions of resumeserver in Redis 6.2 or later, a single server, Sentinel or Cluster, so that a
// client goes on at another node, or at the same one after a restart.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"127.0.0.1:6379"}})
//	sessions := &resumeserver.Server{Store: redisstore.New(client, redisstore.Options{})}
//
// # What it keeps there
//
//	resume:{NAME}        hash: the token of the session's owner, those that its client may have, how far both sides are
//	resume:{NAME}:out    stream: messages of the handler that the client has not acknowledged, by their number
//
// Both expire with the session. NAME is drawn by the server; nothing that a client or a user sends becomes part of a key. Each
// step of a session is one script, which checks the token first; the steps of many sessions travel in one pipeline.
//
// # Never
//
// A wait without the context's bound. A session taken by two nodes. A Redis that has lost everything costs no message that a node
// still has, and a gap otherwise. One that goes back to an older state of a session is beyond it: Redis replicates
// asynchronously, so let it have no failover that loses writes, or accept that the last messages before one may be missing.
package redisstore
