package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// entryReader reads one entry member by member and element by element: an entry holds all that a connection said, and only
// its records are kept of that.
type entryReader struct {
	h      *harReader
	dec    *json.Decoder
	at     int64 // where the entry begins
	e      harEntry
	f      foreign // makes records of the messages, which may stand before the rest
	own    int     // records that our writer put there
	isHTTP bool    // it has neither messages nor frames, as far as it was read
}

// entry reads one entry. Its error is one that the whole file suffers from; what stands before it is kept.
func (h *harReader) entry(dec *json.Decoder) error {
	r := h.newEntry(dec, dec.InputOffset())
	ok, err := r.open('{', "")
	if ok {
		err = eachMember(dec, r.member)
	}
	r.end(err)
	return err
}

// newEntry returns the reader of an entry that begins at an offset.
func (h *harReader) newEntry(dec *json.Decoder, at int64) *entryReader {
	r := &entryReader{h: h, dec: dec, at: at, isHTTP: true}
	r.f = foreign{h: h, e: &r.e, at: r.at}
	return r
}

// end passes on what was read of an entry, up to an error.
func (r *entryReader) end(err error) {
	if err == nil {
		r.attached()
	}
	if r.own == 0 && (r.e.isWebSocket() || !r.isHTTP) {
		r.h.conns++
		r.f.finish(r.h.conns)
	}
}

// entryMembers are the members by which an entry is recognised that stands alone.
var entryMembers = map[string]bool{
	"startedDateTime": true, "request": true, "response": true, "_resourceType": true, "_webSocketMessages": true, "_webSocketFrames": true, "_webSocketClose": true,
}

// member reads the value of one member.
func (r *entryReader) member(name string) error {
	switch name {
	case "_webSocketFrames":
		return r.each(name, r.frame)
	case "_webSocketMessages":
		return r.messages(name)
	case "startedDateTime":
		return r.value(&r.e.Started)
	case "request":
		return r.value(&r.e.Request)
	case "response":
		return r.value(&r.e.Response)
	case "_resourceType":
		return r.value(&r.e.ResourceType)
	case "_webSocketClose":
		return r.value(&r.e.Close)
	}
	return skipValue(r.dec)
}

// value reads a value. What is wrong inside it is damage; what can be read of it is kept.
func (r *entryReader) value(to any) error {
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, to); err != nil {
		r.h.bad(r.at, "", err)
	}
	return nil
}

// open reads the beginning of an object or a list, and says whether it was one; another value is damage, and passed over.
func (r *entryReader) open(want json.Delim, what string) (ok bool, err error) {
	t, err := r.dec.Token()
	if err != nil || t == want || t == nil {
		return t == want, err
	}
	r.h.bad(r.at, what, fmt.Errorf("it is no JSON %s", map[json.Delim]string{'{': "object", '[': "list"}[want]))
	if d, isDelim := t.(json.Delim); isDelim && (d == '{' || d == '[') {
		err = skipRest(r.dec)
	}
	return false, err
}

// each reads the elements of a list.
func (r *entryReader) each(name string, read func(i int) error) error {
	ok, err := r.open('[', ", "+name)
	if !ok || err != nil {
		return err
	}
	return r.elements(read)
}

// elements reads the elements of a list that has begun.
func (r *entryReader) elements(read func(i int) error) error {
	for i := 0; r.dec.More(); i++ {
		if err := read(i); err != nil {
			return err
		}
		if r.h.store.full {
			return ErrHARBudget
		}
	}
	_, err := r.dec.Token()
	return err
}

// messages reads a list of messages, or an object: one message, or several by their numbers or in lists.
func (r *entryReader) messages(name string) error {
	t, err := r.dec.Token()
	switch {
	case err != nil || t == nil:
		return err
	case t == json.Delim('['):
		return r.elements(r.message)
	case t == json.Delim('{'):
		return r.messageMembers(0)
	}
	r.h.bad(r.at, ", "+name, errors.New("it is no JSON list"))
	return nil
}

// messageMembers reads the members of an object that has begun: those of a message, or messages and lists of them. An object inside of those is
// passed over.
func (r *entryReader) messageMembers(depth int) error {
	one := map[string]json.RawMessage{}
	n := 0
	err := eachMember(r.dec, func(name string) error {
		if r.h.store.full {
			return ErrHARBudget
		}
		if messageNames[name] {
			var raw json.RawMessage
			err := r.dec.Decode(&raw)
			one[name] = raw
			return err
		}
		t, err := r.dec.Token()
		switch {
		case err == nil && t == json.Delim('{') && depth == 0:
			n++
			return r.messageMembers(1)
		case err == nil && t == json.Delim('{'):
			return skipRest(r.dec)
		case err == nil && t == json.Delim('['):
			return r.elements(func(i int) error { n++; return r.message(i) })
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case one["type"] != nil:
		raw, _ := json.Marshal(one) // of what was read
		r.looseMessage(n, raw)
	case n == 0:
		r.h.bad(r.at, ", _webSocketMessages", errors.New("it is no JSON list, and an object without messages"))
	}
	return nil
}

// messageNames are the members of a message.
var messageNames = map[string]bool{"type": true, "time": true, "opcode": true, "data": true}

// frame reads a record that our writer put there.
func (r *entryReader) frame(i int) error {
	var text json.RawMessage
	if err := r.dec.Decode(&text); err != nil {
		return err
	}
	r.isHTTP = false
	one, err := parseLine(text)
	if err != nil {
		r.h.bad(r.at, ", _webSocketFrames["+strconv.Itoa(i)+"]", err)
		return nil
	}
	r.own++
	r.f.records = nil // the messages say the same, and less
	r.h.maxConn = max(r.h.maxConn, one.Conn)
	r.h.records = append(r.h.records, r.h.store.add(one))
	return nil
}

// message reads a message as all programs write it.
func (r *entryReader) message(i int) error {
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		return err
	}
	r.looseMessage(i, raw)
	return nil
}

// looseMessage takes the JSON of a message of the entry; one that cannot be read is damage.
func (r *entryReader) looseMessage(i int, raw []byte) {
	if err := r.looseLine(raw); err != nil {
		r.h.bad(r.at, ", _webSocketMessages["+strconv.Itoa(i)+"]", err)
	}
}

// looseLine takes the JSON of a message.
func (r *entryReader) looseLine(raw []byte) error {
	var m looseMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	r.isHTTP = false
	if r.own > 0 {
		return nil
	}
	return r.f.message(&m)
}

func (e *harEntry) isWebSocket() bool {
	return e.ResourceType == "websocket" || strings.HasPrefix(e.Request.URL, "ws://") || strings.HasPrefix(e.Request.URL, "wss://")
}

// skipValue passes over a value token by token: a picture in a response is not worth its memory.
func skipValue(dec *json.Decoder) error {
	t, err := dec.Token()
	if d, isDelim := t.(json.Delim); err == nil && isDelim && (d == '{' || d == '[') {
		return skipRest(dec)
	}
	return err
}

// maxNesting is how deep lists and objects may be in one that is passed over, as encoding/json has it for others: it takes memory for each level.
const maxNesting = 10_000

// skipRest passes over what is left of an object or a list that has begun.
func skipRest(dec *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		if d, isDelim := t.(json.Delim); isDelim {
			if d == '{' || d == '[' {
				depth++
			} else {
				depth--
			}
			if depth > maxNesting {
				return errNesting
			}
		}
	}
	return nil
}
