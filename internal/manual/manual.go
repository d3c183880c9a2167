package manual

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/tetherscope/tetherscope/internal/suggest"
)

// Flag is one flag of a command.
type Flag struct {
	Name  string // without the dash
	Value string // what its value is called; "" for a switch, which takes none
	Usage string // plain text, in one line
}

// Command is one command of the program, or with an empty name the program without a command.
type Command struct {
	Name, Summary string
	Usage         string // the text that -help prints before the flags
	Flags         []Flag
}

// Program is everything that a manual is made of.
type Program struct {
	Name     string
	Version  string
	Commands []Command // the first, with an empty name, is the program without a command
}

// Flags returns the flags of a set, in lexical order.
func Flags(set *flag.FlagSet) (all []Flag) {
	set.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		all = append(all, Flag{f.Name, value, strings.ReplaceAll(usage, "\n", " ")})
	})
	return all
}

// command returns the command of a name.
func (p *Program) command(name string) (*Command, error) {
	var names []string
	for i := range p.Commands {
		if p.Commands[i].Name == name {
			return &p.Commands[i], nil
		}
		names = append(names, p.Commands[i].Name)
	}
	return nil, fmt.Errorf("there is no command %q%s", name, DidYouMean(name, names))
}

// title is how the command is called.
func (p *Program) title(c *Command, between string) string {
	if c.Name == "" {
		return p.Name
	}
	return p.Name + between + c.Name
}

// DidYouMean returns ": did you mean NAME?" for the name that a misspelled one is nearest to, or "" when none is near.
func DidYouMean(name string, names []string) string {
	if near := suggest.Closest(name, names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// undefined begins the error of package flag for a flag that is not in its set. The package has no type for it;
// TestUnknownFlagsAreRecognised holds the text to the Go release in use.
const undefined = "flag provided but not defined: -"

// FlagError adds to an error of set.Parse the flag that a misspelled one is nearest to.
func FlagError(set *flag.FlagSet, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), undefined)
	if !unknown {
		return err
	}
	var names []string
	set.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	near := suggest.Closest(name, names)
	if near == "" {
		return errors.New("there is no flag -" + name)
	}
	return errors.New("there is no flag -" + name + ": did you mean -" + near + "?")
}
