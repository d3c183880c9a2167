package app

import (
	"sync"
	"time"
)

// maxRevoked bounds the table of revoked tokens. Each took a valid signature to get there, and leaves when it expires.
const maxRevoked = 100_000

// revoked are tokens that are refused although their time is not over, by digest.
type revoked struct {
	mu    sync.Mutex
	until map[string]time.Time // when the token expires

	writing sync.Mutex   // held while the file is written, so that no handshake waits for a disk
	file    *revokedFile // nil: they are in memory only
}

// add refuses tokens from now on, and writes to the file those that are new to it.
func (r *revoked) add(tokens map[string]time.Time, now time.Time) error {
	fresh := map[string]time.Time{}
	r.mu.Lock()
	for token, expires := range tokens {
		if _, found := r.until[token]; !found && now.Before(expires) {
			fresh[token] = expires
			r.put(token, expires, now)
		}
	}
	r.mu.Unlock()
	if r.file == nil || len(fresh) == 0 {
		return nil
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.file.lines+len(fresh) <= 2*maxRevoked {
		return r.file.append(fresh)
	}
	return r.file.rewrite(r.valid(now))
}

// put notes one token. Past the bound it forgets expired ones, and if there are none, the one that expires first.
func (r *revoked) put(token string, expires, now time.Time) {
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if len(r.until) >= maxRevoked {
		r.forget(now)
	}
	r.until[token] = expires
}

func (r *revoked) forget(now time.Time) {
	first := ""
	for token, end := range r.until {
		if !now.Before(end) {
			delete(r.until, token)
		} else if first == "" || end.Before(r.until[first]) {
			first = token
		}
	}
	if len(r.until) >= maxRevoked {
		delete(r.until, first)
	}
}

// valid returns the tokens that have not expired.
func (r *revoked) valid(now time.Time) map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := map[string]time.Time{}
	for token, expires := range r.until {
		if now.Before(expires) {
			list[token] = expires
		}
	}
	return list
}

// has reports whether the token is refused.
func (r *revoked) has(token string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, found := r.until[token]
	return found
}

// open reads the file of the given name, if there is one, and keeps in it what is revoked from now on. Expired tokens leave it now.
func (r *revoked) open(name string, now time.Time) error {
	tokens, err := readRevoked(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	for token, expires := range tokens {
		if now.Before(expires) {
			r.put(token, expires, now)
		}
	}
	r.mu.Unlock()
	r.file = &revokedFile{name: name}
	return r.file.rewrite(r.valid(now))
}

// close closes the file.
func (r *revoked) close() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if r.file == nil {
		return nil
	}
	return r.file.close()
}
