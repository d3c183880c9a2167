package tlsdecrypt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The bytes of records that wait for their secrets in one connection, and while the key log has none at all.
const (
	maxWaiting      = 256 << 10
	maxWaitingBlind = 32 << 10
	waitingSize     = 64 // beside its bytes, of each
)

// The reasons for which a connection is not decrypted.
var (
	ErrNoSecrets = errors.New("the key log has no secrets of this TLS connection")
	ErrCipher    = errors.New("its TLS cipher suite is not supported: AES-GCM, AES-CBC and ChaCha20-Poly1305 are")
	ErrMemory    = errors.New("there is no memory for the TLS records that wait for their secrets")
	ErrVersion   = errors.New("its TLS version is not supported: 1.2 and 1.3 are")
)

// Begins reports whether a stream that begins with p may be a TLS connection: a handshake record with a ClientHello, or, where the
// client's half is not there, with a ServerHello. more says that p is too short to know.
func Begins(p []byte) (yes, more bool) {
	for i, want := range [][2]byte{{typeHandshake, typeHandshake}, {3, 3}, {1, 4}, {0, 0x40}, {0, 0xFF}, {msgClientHello, msgServerHello}} {
		if i >= len(p) {
			return false, true
		}
		if p[i] < want[0] || p[i] > want[1] {
			return false, false
		}
	}
	return true, false
}

// Budget bounds the memory of many connections: it reports whether n more bytes may be kept. A negative n gives bytes back, which
// is always allowed.
type Budget func(n int) bool

// Plain takes application data that an end sent, 0 or 1. at is the time of the bytes that completed it. lost is what is missing before it,
// because the capture lacks TLS records.
type Plain func(who int, data []byte, lost Lost, at int64)

// Lost is application data that the capture lacks. It is exact when the records that it was in are known to have no padding; that they
// carried nothing else is assumed.
type Lost struct {
	Bytes uint64
	Exact bool
}

// Conn decrypts one connection. It is for one goroutine.
type Conn struct {
	log    *KeyLog
	budget Budget
	kept   int // bytes of the budget
	halves [2]half
	client int // which half is the client's
	hello  hello
	known  bool // the ClientHello was seen
	server hello
	agreed bool // the ServerHello was seen
	suite  *suite
	master []byte   // TLS 1.2
	block  [2]*keys // TLS 1.2, of client and server
	ticket string   // TLS 1.2, that the server issued
	tried  int      // bytes that were tried in vain behind gaps
	early  bool     // TLS 1.3: records of the client may be early data (RFC 8446 §4.2.10)

	first   []waiting // early data that came before the ServerHello says its cipher
	waiting []waiting // records of both halves, in order
	size    int       // of both
	err     error     // nothing more is decrypted
}

// waiting is a record that waits for its secrets.
type waiting struct {
	who     int
	data    []byte
	missing uint64 // bytes of the half before it
	at      int64
}

// New returns a decrypter of a connection with the secrets of a key log. budget may be nil.
func New(log *KeyLog, budget Budget) *Conn {
	if budget == nil {
		budget = func(int) bool { return true }
	}
	return &Conn{log: log, budget: budget}
}

// Feed takes the next bytes that an end sent, 0 or 1, and calls plain for the application data that they complete, in order. An
// error ends decryption for good. Records that wait for their secrets are no error.
func (c *Conn) Feed(who int, p []byte, at int64, plain Plain) error {
	if c.err != nil {
		return c.err
	}
	h := &c.halves[who]
	h.buf = append(h.buf, p...)
	for c.err == nil {
		record, missing, err := h.next()
		if c.err = err; record == nil {
			break
		}
		c.waiting = append(c.waiting, waiting{who, record, missing, at})
		c.size += len(record)
	}
	h.buf = bytes.Clone(h.buf) // records refer to what was before
	c.run(plain)
	return c.err
}

// Lose takes note that n bytes of a half are missing: decryption goes on with the next record that can be found and opened, whose number
// is tried. Nothing can be decrypted if it was the handshake that both halves need.
func (c *Conn) Lose(who int, n uint64) {
	if c.err != nil {
		return
	}
	if !c.agreed {
		c.err = fmt.Errorf("%w: a part of its handshake is missing", ErrNoSecrets)
	}
	c.halves[who].lose(n)
	c.account()
}

// Err returns why nothing is decrypted any more; nil while something may be.
func (c *Conn) Err() error { return c.err }

// End decrypts what waits, if its secrets are there by now, and returns why not. Data that is missing before the end of a half, with no
// data behind it, is passed to plain with none.
func (c *Conn) End(plain Plain) error {
	c.run(plain)
	for who := range c.halves {
		if h := &c.halves[who]; h.unsaid.Bytes > 0 {
			plain(who, nil, h.unsaid, h.unsaidAt)
			h.unsaid = Lost{}
		}
	}
	if c.err == nil && c.size > 0 {
		c.err = ErrNoSecrets
	}
	c.run(nil)
	c.budget(-c.kept)
	c.kept = 0
	return c.err
}

// run decrypts records as far as their secrets are known.
func (c *Conn) run(plain Plain) {
	for c.err == nil && len(c.waiting) > 0 {
		w := c.waiting[0]
		data, lost, ok, err := c.record(w)
		if c.err = err; err != nil || !ok {
			break
		}
		c.waiting = c.waiting[1:]
		if c.size -= len(w.data); len(data) > 0 {
			plain(w.who, data, lost, w.at)
		}
		if len(c.first) > 0 && c.agreed { // they came before
			c.waiting = append(c.first, c.waiting...)
			c.first = nil
		}
	}
	if len(c.waiting) == 0 {
		c.waiting = nil
	}
	limit := maxWaiting
	if c.log.empty() {
		limit = maxWaitingBlind
	}
	if c.err == nil && c.size > limit {
		c.err = ErrNoSecrets
	}
	c.account()
}

// account keeps the budget up to date.
func (c *Conn) account() {
	now := c.size + waitingSize*(len(c.waiting)+len(c.first))
	for i := range c.halves {
		now += len(c.halves[i].buf) + len(c.halves[i].handshake)
	}
	if c.err == nil && !c.budget(now-c.kept) {
		c.err = ErrMemory
	} else if c.err == nil {
		c.kept = now
	}
	if c.err != nil {
		c.budget(-c.kept)
		c.kept, c.size, c.first, c.waiting, c.halves = 0, 0, nil, nil, [2]half{}
	}
}

// record takes one record and returns its application data. It is not ok when the secret for it is not known yet.
func (c *Conn) record(w waiting) (data []byte, lost Lost, ok bool, err error) {
	h := &c.halves[w.who]
	if w.missing > 0 {
		c.waiting[0].missing = 0 // it may wait
		h.gap.add(w.missing)
		h.behind = true
	}
	kind, content := w.data[0], w.data[recordHead:]
	if kind == typeChangeCipher && (!c.agreed || c.tls13()) {
		return nil, Lost{}, true, nil // it means nothing in TLS 1.3 (RFC 8446 §D.4)
	}
	if h.keys != nil || h.changed || kind == typeData {
		if !c.agreed && c.known && w.who == c.client {
			c.first = append(c.first, w)
			c.size += len(w.data)
			return nil, Lost{}, true, nil
		}
		if h.behind {
			kind, content, lost, ok, err = c.openBehind(w.who, w.data)
		} else {
			kind, content, ok, err = c.decrypt(w.who, w.data)
		}
		if err != nil || !ok {
			return nil, Lost{}, ok, err
		}
		h.unsaid.add(lost)
		h.unsaidAt = w.at
		if lost = (Lost{}); kind == typeData {
			lost, h.unsaid = h.unsaid, Lost{}
		}
	}
	switch kind {
	case typeChangeCipher:
		h.changed, h.keys = true, nil
	case typeHandshake:
		if err = c.handshake(w.who, content); h.lossy && errors.Is(err, errRecord) {
			h.handshake, err = nil, nil // the beginning of the message is missing
		}
	case typeData:
		data = content
	}
	return data, lost, true, err
}

func (c *Conn) tls13() bool { return c.agreed && c.server.version == versionTLS13 }

// decrypt opens a protected record.
func (c *Conn) decrypt(who int, record []byte) (kind byte, content []byte, ok bool, err error) {
	h := &c.halves[who]
	if h.keys == nil {
		if err := c.findKeys(who); err != nil {
			return 0, nil, false, err
		}
		if h.keys == nil {
			return c.guess(who, record)
		}
	}
	kind, content, err = h.keys.open(record, h.keys.secret != nil)
	switch {
	case err == nil || !c.early || who != c.client:
		return kind, content, err == nil, err
	case h.keys.early: // it is over, or the server did not accept it
		h.keys, h.earlyOver = nil, true
		return c.decrypt(who, record)
	}
	return 0, nil, true, nil // early data that was not accepted is passed over
}

// findKeys looks for the keys of a half that begins to be protected, or changes from one secret to the next.
func (c *Conn) findKeys(who int) (err error) {
	h := &c.halves[who]
	switch {
	case !c.known:
		return fmt.Errorf("%w: its beginning is not in the capture", ErrNoSecrets)
	case !c.agreed:
		return nil
	case c.suite == nil:
		return fmt.Errorf("%w: it is 0x%04X", ErrCipher, c.server.suite)
	case !c.tls13():
		return c.findKeys12(who)
	case h.traffic:
		h.keys, err = c.traffic(who)
		return err
	}
	if c.early && who == c.client && !h.earlyOver {
		if secret := c.log.find(c.hello.random, labelEarly); secret != nil {
			if h.keys, err = newKeys13(c.suite, secret); err == nil {
				h.keys.early = true
			}
			return err
		}
		h.earlyOver = true
	}
	label := labelServerHandshake
	if who == c.client {
		label = labelClientHandshake
	}
	if secret := c.log.find(c.hello.random, label); secret != nil {
		h.keys, err = newKeys13(c.suite, secret)
	}
	return err
}

// guess opens a record with the first traffic secret, for key logs that have no other: the record that it opens is the first one.
func (c *Conn) guess(who int, record []byte) (kind byte, content []byte, ok bool, err error) {
	if !c.tls13() || c.halves[who].traffic {
		return 0, nil, false, nil
	}
	k, err := c.traffic(who)
	if err != nil || k == nil {
		return 0, nil, false, err
	}
	if kind, content, err = k.open(record, true); err != nil {
		return 0, nil, true, nil // a part of the handshake
	}
	c.halves[who].keys, c.halves[who].traffic = k, true
	return kind, content, true, nil
}

// traffic returns the keys of application data; nil when they are not known.
func (c *Conn) traffic(who int) (*keys, error) {
	label := labelServer
	if who == c.client {
		label = labelClient
	}
	secret := c.log.find(c.hello.random, label)
	if secret == nil {
		return nil, nil //nolint:nilnil // not known
	}
	return newKeys13(c.suite, secret)
}

// findKeys12 makes the keys of TLS 1.2, once for both halves.
func (c *Conn) findKeys12(who int) (err error) {
	if c.block[0] == nil {
		if c.master = c.findMaster(); c.master == nil {
			return nil
		}
		if c.block, err = newKeys12(c.suite, c.master, c.hello.random, c.server.random, c.server.etm); err != nil {
			return err
		}
		c.log.remember(id(c.server.session), c.master)
		c.log.remember(ticket(c.ticket), c.master)
	}
	side := 0
	if who != c.client {
		side = 1
	}
	c.halves[who].keys = c.block[side]
	return nil
}

// findMaster returns the master secret: logged, or that of the session that is resumed.
func (c *Conn) findMaster() []byte {
	if m := c.log.find(c.hello.random, labelMaster); m != nil {
		return m
	}
	if m := c.log.resumed(ticket(c.hello.ticket)); m != nil {
		return m
	}
	if c.hello.session == c.server.session {
		return c.log.resumed(id(c.hello.session))
	}
	return nil
}

// id and ticket tell session IDs and tickets apart.
func id(s string) string {
	if s == "" {
		return ""
	}
	return "i" + s
}

func ticket(s string) string {
	if s == "" {
		return ""
	}
	return "t" + s
}

// handshake takes bytes of the handshake, whose messages may be split over records and share them.
func (c *Conn) handshake(who int, p []byte) error {
	h := &c.halves[who]
	h.handshake = append(h.handshake, p...)
	for len(h.handshake) >= 4 {
		size := int(binary.BigEndian.Uint32(h.handshake) & 0xFFFFFF)
		if size > maxHandshake {
			return errRecord
		}
		if len(h.handshake) < 4+size {
			return nil
		}
		kind, body := h.handshake[0], h.handshake[4:4+size]
		h.handshake = h.handshake[4+size:]
		if err := c.message(who, kind, body); err != nil {
			return err
		}
	}
	return nil
}

// message takes a message of the handshake.
func (c *Conn) message(who int, kind byte, body []byte) (err error) {
	h := &c.halves[who]
	switch {
	case kind == msgClientHello:
		hello, ok := parseHello(body, false)
		if !ok {
			return errRecord
		}
		c.hello, c.known, c.client, c.agreed = hello, true, who, false
		c.block, c.ticket, c.early = [2]*keys{}, "", hello.early
	case kind == msgServerHello:
		return c.serverHello(who, body)
	case kind == msgTicket && !c.tls13() && len(body) > 6:
		c.ticket = string(body[6:])
		if c.master != nil && c.block[0] != nil { // a new ticket of a resumed session
			c.log.remember(ticket(c.ticket), c.master)
		}
	case kind == msgFinished && c.tls13():
		h.keys, h.traffic = nil, true
		c.early = c.early && who != c.client
	case kind == msgEarlyEnd && c.tls13():
		h.keys, h.earlyOver = nil, true
	case kind == msgKeyUpdate && c.tls13() && h.keys != nil:
		h.keys, err = h.keys.update(c.suite)
	}
	return err
}

func (c *Conn) serverHello(who int, body []byte) error {
	hello, ok := parseHello(body, true)
	if !ok {
		return errRecord
	}
	if !c.known {
		return fmt.Errorf("%w: its ClientHello is not in the capture", ErrNoSecrets)
	}
	if hello.random == retryRandom { // the client says hello again; its early data was not accepted
		for _, w := range c.first {
			c.size -= len(w.data)
		}
		c.first = nil
		return nil
	}
	if hello.version != versionTLS12 && hello.version != versionTLS13 {
		return ErrVersion
	}
	c.server, c.agreed, c.suite = hello, true, nil
	if s, ok := suites[hello.suite]; ok {
		c.suite = &s
	}
	c.client = 1 - who
	return nil
}
