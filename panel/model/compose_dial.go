package model

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tetherscope/tetherscope/scope/act"
)

// Bounds of the connections that are remembered.
const (
	MaxDials    = 40
	maxDialText = 64 << 10
)

// Dial is a connection that a person describes: a URL, and what its handshake has.
type Dial struct {
	URL       string `json:"url"`
	Protocols string `json:"protocols,omitempty"` // with commas between
	Header    string `json:"header,omitempty"`    // "Name: value" on each line
	CA        string `json:"ca,omitempty"`        // certificates in PEM
	Insecure  bool   `json:"insecure,omitempty"`
}

// Set changes a box of the form by its name, and reports whether there is one.
func (d *Dial) Set(name, value string) bool {
	box := map[string]*string{"url": &d.URL, "protocols": &d.Protocols, "header": &d.Header, "ca": &d.CA}[name]
	if box != nil {
		*box = value
	}
	return box != nil
}

// Values returns what stands in the boxes, by their names.
func (d *Dial) Values() map[string]string {
	return map[string]string{"url": d.URL, "protocols": d.Protocols, "header": d.Header, "ca": d.CA}
}

// Offered returns the subprotocols.
func (d *Dial) Offered() []string {
	return strings.FieldsFunc(d.Protocols, func(r rune) bool { return r == ',' || r == ' ' })
}

// Request returns what the server is asked for, for a URL that was checked.
func (d *Dial) Request(url string) act.Dial {
	out := act.Dial{URL: url, Insecure: d.Insecure, CA: strings.TrimSpace(d.CA)}
	for line := range strings.Lines(d.Header) {
		if line = strings.TrimSpace(line); line != "" {
			out.Header = append(out.Header, line)
		}
	}
	return out
}

// Plain reports whether nothing is asked for that a page cannot do itself.
func (d *Dial) Plain() bool {
	return !d.Insecure && strings.TrimSpace(d.Header+d.CA) == ""
}

// Dials are connections that are remembered, by their URLs, in the order in which they were saved.
type Dials []Dial

// ReadDials reads what [Dials.String] wrote. What cannot be read is left out.
func ReadDials(text string) Dials {
	var list Dials
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list[:min(len(list), MaxDials)]
}

// String returns the text that is kept.
func (l Dials) String() string {
	b, err := json.Marshal(l)
	if err != nil {
		return "" // strings always can be written
	}
	return string(b)
}

// Save keeps a connection, in place of another to its URL, and says why it is not kept: "" when it is.
func (l *Dials) Save(d Dial) (problem string) {
	d.URL = strings.TrimSpace(d.URL)
	at := slices.IndexFunc(*l, func(one Dial) bool { return one.URL == d.URL })
	switch {
	case d.URL == "":
		return "write a URL to remember"
	case len(d.URL)+len(d.Protocols)+len(d.Header)+len(d.CA) > maxDialText:
		return "connections of more than 64 KiB are not remembered"
	case at >= 0:
		(*l)[at] = d
	case len(*l) >= MaxDials:
		return "40 connections are remembered; remove one first"
	default:
		*l = append(*l, d)
	}
	return ""
}

// Remove forgets the i-th connection.
func (l *Dials) Remove(i int) {
	if i >= 0 && i < len(*l) {
		*l = slices.Delete(*l, i, i+1)
	}
}
