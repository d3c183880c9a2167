package replay

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of the JSON that is looked into. What is beyond is compared by its bytes alone.
const (
	maxJSON   = 1 << 20 // bytes
	maxLeaves = 10_000
	maxDepth  = 64
)

// leaf is a string, a number, true, false or null inside a JSON text.
type leaf struct {
	path       string // where it is: keys and places
	key        string // the nearest key above it
	start, end int    // its bytes
	kind       byte   // 's', 'n', 'b' or '0'
}

// value is a JSON text that was looked into.
type value struct {
	text   []byte
	leaves []leaf
	shape  string
}

// bytes returns the text of a leaf.
func (v *value) bytes(l *leaf) []byte { return v.text[l.start:l.end] }

// parse looks into a JSON text; nil if it is none, or beyond the bounds.
func parse(text []byte) *value {
	if len(text) == 0 || len(text) > maxJSON || !utf8.Valid(text) {
		return nil
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(text)), v: value{text: text}}
	w.dec.UseNumber()
	shape, err := w.value("", "", 0)
	if err != nil || len(bytes.TrimSpace(text[w.dec.InputOffset():])) > 0 {
		return nil
	}
	w.v.shape = shape
	return &w.v
}

var errBeyond = errors.New("beyond the bounds")

type walker struct {
	dec *json.Decoder
	v   value
}

// value walks one value and returns its shape.
func (w *walker) value(path, key string, depth int) (string, error) {
	before := int(w.dec.InputOffset())
	token, err := w.dec.Token()
	if err != nil {
		return "", err
	}
	if depth > maxDepth || len(w.v.leaves) >= maxLeaves || len(path) > 4096 {
		return "", errBeyond
	}
	kind := byte('0')
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return w.object(path, depth)
		}
		return w.array(path, key, depth)
	case string:
		kind = 's'
	case json.Number:
		kind = 'n'
	case bool:
		kind = 'b'
	}
	end := int(w.dec.InputOffset())
	for before < end && strings.IndexByte(" \t\r\n,:", w.v.text[before]) >= 0 {
		before++
	}
	w.v.leaves = append(w.v.leaves, leaf{path, key, before, end, kind})
	return string(kind), nil
}

func (w *walker) object(path string, depth int) (string, error) {
	var members []string
	for w.dec.More() {
		token, err := w.dec.Token()
		if err != nil {
			return "", err
		}
		key, _ := token.(string) // the decoder takes nothing else for a key
		shape, err := w.value(path+"."+strconv.Quote(key), key, depth+1)
		if err != nil {
			return "", err
		}
		members = append(members, strconv.Quote(key)+":"+shape)
	}
	_, err := w.dec.Token()
	slices.Sort(members)
	return fold("{" + strings.Join(members, ",") + "}"), err
}

// array returns what kinds of elements there are, not how many.
func (w *walker) array(path, key string, depth int) (string, error) {
	var kinds []string
	for i := 0; w.dec.More(); i++ {
		shape, err := w.value(path+"["+strconv.Itoa(i)+"]", key, depth+1)
		if err != nil {
			return "", err
		}
		if !slices.Contains(kinds, shape) {
			if kinds = append(kinds, shape); len(kinds) > 100 {
				return "", errBeyond
			}
		}
	}
	_, err := w.dec.Token()
	slices.Sort(kinds)
	return fold("[" + strings.Join(kinds, ",") + "]"), err
}

// fold keeps shapes short, so that deep values cost no more than flat ones.
func fold(shape string) string {
	if len(shape) <= 64 {
		return shape
	}
	sum := sha256.Sum256([]byte(shape))
	return "#" + string(sum[:])
}
