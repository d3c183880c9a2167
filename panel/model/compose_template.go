package model

import (
	"encoding/json"
	"slices"
	"strings"
)

// Bounds of what is remembered.
const (
	MaxTemplates    = 40
	maxTemplateBody = 64 << 10
)

// Template is a composed message that is kept under a name.
type Template struct {
	Title   string  `json:"title"`
	Compose Compose `json:"compose"`
}

// Templates are kept in the order in which they were saved.
type Templates []Template

// ReadTemplates reads what [Templates.String] wrote. What cannot be read is left out.
func ReadTemplates(text string) Templates {
	var list Templates
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list[:min(len(list), MaxTemplates)]
}

// String returns the text that is kept.
func (t Templates) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		return "" // strings and numbers always can be written
	}
	return string(b)
}

// Save keeps a composed message under a title, in place of another of that title, and says why it is not kept: "" when it is.
func (t *Templates) Save(title string, c Compose) (problem string) {
	title = strings.TrimSpace(title)
	at := slices.IndexFunc(*t, func(one Template) bool { return one.Title == title })
	switch {
	case title == "" || len(title) > 60:
		return "give the template a name of at most 60 bytes"
	case c.Form == ComposeFile || len(c.Body) > maxTemplateBody:
		return "files and payloads of more than 64 KiB are not remembered"
	case at < 0 && len(*t) >= MaxTemplates:
		return "40 templates are kept; remove one first"
	}
	c.Force, c.Conn = false, 0
	if at >= 0 {
		(*t)[at].Compose = c
		return ""
	}
	*t = append(*t, Template{title, c})
	return ""
}

// Remove forgets the i-th template.
func (t *Templates) Remove(i int) {
	if i >= 0 && i < len(*t) {
		*t = slices.Delete(*t, i, i+1)
	}
}
