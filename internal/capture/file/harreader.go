package file

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// MaxHAR is the largest HAR file in bytes that is read. Its records are held to be put in order, within [budget.Importers].
const MaxHAR = 1 << 30

// The causes of damage in HAR files, beside those of JSON.
var (
	ErrNotHAR      = errors.New("not a HAR file: want a JSON object with log.entries, a log, an entry, or a list of those")
	ErrHARTooLarge = errors.New("the HAR file is larger than 1 GiB: what is behind that is not read")
	ErrNotBase64   = errors.New("the data of a message that is not text is not base64: its characters are taken as bytes")

	errNesting   = errors.New("lists and objects are nested more than 10,000 levels deep: what is behind that is not read")
	errBehindHAR = errors.New("what follows the HAR document is none: it is not read")
	errBesideHAR = errors.New("an element of the list is neither a HAR document nor an entry: it is passed over")
	errNotString = errors.New("its data is no string: its JSON is taken for it")
)

// ReadHAR reads the WebSockets of a HAR file: those written by [HARWriter] exactly as they were; those of Chrome, Firefox,
// mitmproxy, Playwright and HTTP Toolkit as frames that such messages may have had, each message in one, uncompressed.
// Other entries are passed over. Records of several connections are put in order by their times; they are held for that, and
// of the file no more than one element at a time. An entry or message that cannot be read is damage, and so is where the file
// stops being JSON; what stands before is kept.
//
// Playwright may leave the messages in a file beside the HAR file: [ReadAnyWith] reads them. Several HAR documents, one after
// the other or in a list, are read as one; so are logs and entries without what is around them in a document.
func ReadHAR(r io.Reader, v record.Visitor) error { return readHAR(r, nil, v) }

func (h *harReader) read(r io.Reader) error {
	v := h.v
	limited := &io.LimitedReader{R: r, N: MaxHAR}
	dec := json.NewDecoder(withoutMark(limited))
	dec.UseNumber() // a number that no float64 holds is no reason to stop
	found, err := h.documents(dec)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, ErrHARBudget):
		v.ReportDamage(&record.Damage{Offset: dec.InputOffset(), Err: err})
	case limited.N == 0:
		v.ReportDamage(&record.Damage{Offset: MaxHAR, Err: ErrHARTooLarge})
	case errors.As(err, &syntax), errors.Is(err, errNesting), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if !found {
			return ErrNotHAR
		}
		if errors.Is(err, io.EOF) { // as the decoder says between two tokens
			err = io.ErrUnexpectedEOF
		}
		v.ReportDamage(&record.Damage{Offset: dec.InputOffset(), Err: err})
	case err != nil:
		return err
	case !found:
		return ErrNotHAR
	}
	return h.emit()
}

// harReader gathers the records of all entries.
type harReader struct {
	v       record.Visitor
	store   store
	records []stored // that our writer put there: numbered
	maxConn uint32   // highest connection of those
	others  []stored // of other programs: connections from 1 up, no numbers
	conns   uint32   // how many connections those are
	index   int      // of the entry
	beside  Beside   // opens files that entries name
}

// documents reads one HAR document after the other.
func (h *harReader) documents(dec *json.Decoder) (found bool, err error) {
	for {
		one, err := h.document(dec)
		if err == nil && !one && found {
			h.v.ReportDamage(&record.Damage{Offset: dec.InputOffset(), Err: errBehindHAR})
		}
		if found = found || one; err != nil || !one || !dec.More() {
			return found, err
		}
	}
}

// document reads a document, or a list of them. It is not found in another value.
func (h *harReader) document(dec *json.Decoder) (found bool, err error) {
	t, err := dec.Token()
	switch {
	case err != nil:
		return false, err
	case t == json.Delim('{'):
		return h.object(dec)
	case t == json.Delim('['):
		return h.list(dec)
	}
	return false, nil
}

// list reads the documents or entries of a list that has begun.
func (h *harReader) list(dec *json.Decoder) (found bool, err error) {
	var others []int64 // where they begin
	for dec.More() {
		at, one := dec.InputOffset(), false
		t, err := dec.Token()
		switch {
		case err != nil:
			return found, err
		case t == json.Delim('{'):
			one, err = h.object(dec)
		case t == json.Delim('['):
			err = skipRest(dec)
		}
		if found = found || one; err != nil {
			return found, err
		}
		if !one && len(others) < maxOthers {
			others = append(others, at)
		}
	}
	for _, at := range others {
		if found {
			h.v.ReportDamage(&record.Damage{Offset: at, Err: errBesideHAR})
		}
	}
	_, err = dec.Token()
	return found, err
}

// maxOthers is how many elements of a list are reported that are no HAR.
const maxOthers = 16

// object reads an object that has begun: a document with a log, a log, or an entry. It reads entry by entry and message by message, so that a
// cut file gives what stands before the cut.
func (h *harReader) object(dec *json.Decoder) (found bool, err error) {
	at := dec.InputOffset()
	var entry *entryReader
	err = eachMember(dec, func(name string) error {
		switch {
		case name == "log":
			return h.inside(dec, '{', func() error {
				return eachMember(dec, func(name string) error { return h.logMember(dec, name, &found) })
			})
		case entryMembers[name] && entry == nil:
			found = true
			entry = h.newEntry(dec, at)
			return entry.member(name)
		case entry != nil:
			return entry.member(name)
		}
		return h.logMember(dec, name, &found)
	})
	if entry != nil {
		entry.end(err)
		h.index++
	}
	return found, err
}

// logMember reads a member of a log.
func (h *harReader) logMember(dec *json.Decoder, name string, found *bool) error {
	if name != "entries" {
		return skipValue(dec)
	}
	return h.inside(dec, '[', func() error {
		*found = true
		for ; dec.More(); h.index++ {
			if err := h.entry(dec); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return err
	})
}

// inside reads a value that begins with a delimiter by read, and passes over another.
func (h *harReader) inside(dec *json.Decoder, want json.Delim, read func() error) error {
	t, err := dec.Token()
	if err != nil || t == want {
		if err == nil {
			err = read()
		}
		return err
	}
	if d, isDelim := t.(json.Delim); isDelim && (d == '{' || d == '[') {
		return skipRest(dec)
	}
	return nil
}

// eachMember calls read for every member of the object that dec is in; read takes the value.
func eachMember(dec *json.Decoder, read func(name string) error) error {
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := read(name); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (h *harReader) bad(at int64, what string, err error) {
	h.v.ReportDamage(&record.Damage{Offset: at, Err: fmt.Errorf("entry %d%s: %w", h.index, what, err)})
}

// emit puts the records in order and passes them on: ours by their numbers; with others among them, by time.
func (h *harReader) emit() error {
	slices.SortStableFunc(h.records, func(a, b stored) int { return cmp.Compare(a.seq, b.seq) })
	if len(h.others) > 0 {
		for i := range h.others {
			h.others[i].conn += h.maxConn
		}
		h.records = append(h.records, h.others...)
		slices.SortStableFunc(h.records, func(a, b stored) int { return cmp.Compare(a.time, b.time) })
		for i := range h.records {
			h.records[i].seq = 0
		}
	}
	var last uint64
	for _, e := range h.records {
		r, err := h.store.read(e)
		if err == nil {
			err = number(&h.v, &r, &last)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
