package model

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// GroupFrom is from how many connections on the list shows them in groups.
const GroupFrom = 13

// maxInGroup is how many connections of a group are listed.
const maxInGroup = 50

// ConnGroup is the connections of one program to one host, newest first.
type ConnGroup struct {
	Key   string // names the group as long as the panel runs
	App   string // program and process ID; "page" for what pages report; "" when the program is not known
	Host  string // "" when it is not known
	Query string // that finds its rows; "" when neither program nor host is known
	Conns []Conn
	More  int // connections that are not listed
}

// matches reports whether a name of the connection has a text in lower case.
func (k *Conn) matches(search string) bool {
	for _, s := range [...]string{k.words.Path, k.words.Host, k.words.App, k.words.Node, k.words.File, ConnLabel(k.ID)} {
		if strings.Contains(strings.ToLower(s), search) {
			return true
		}
	}
	return false
}

// AppName returns the program that opened the connection, "" when it is not known.
func (k *Conn) AppName() string {
	if k.Source == record.SourcePage {
		return "page"
	}
	return safe(k.Program.String())
}

func (k *Conn) groupKey() string { return k.AppName() + " → " + k.words.Host }

// newGroup returns the empty group of a connection.
func newGroup(key string, k *Conn) ConnGroup {
	g := ConnGroup{Key: key, App: k.AppName(), Host: format.Preview([]byte(k.words.Host), maxName)}
	var tests []string
	if k.Program != (record.Program{}) {
		tests = append(tests, "app="+strconv.FormatUint(uint64(k.Program.PID), 10))
	}
	if k.words.Host != "" {
		tests = append(tests, "host="+strconv.Quote(k.words.Host))
	}
	g.Query = strings.Join(tests, " ")
	return g
}

// Title returns what the group is called.
func (g *ConnGroup) Title() string {
	return cmp.Or(g.App, "unknown program") + " → " + cmp.Or(g.Host, "unknown host")
}

// Hidden returns the query that hides the group's rows.
func (g *ConnGroup) Hidden() string { return "not (" + g.Query + ")" }

// Hues is how many colours tell connections apart.
const Hues = 8

// Hue returns the colour of a connection: neighbours differ.
func Hue(id uint32) string { return "hue" + strconv.FormatUint(uint64(id%Hues), 10) }
