package requests

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/scope/act"
)

// envPrefix is what variables of the environment begin with.
const envPrefix = "env."

// maxValue bounds a saved value, in bytes; maxFills how many variables a text may have, those that its variables hold included.
const (
	maxValue = 64 << 10
	maxFills = 1000
)

var (
	placeholder = regexp.MustCompile(`\{\{ *([A-Za-z][A-Za-z0-9_.-]*) *\}\}`)
	plainWord   = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)
	wholeName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
)

func isName(text string) bool { return wholeName.MatchString(text) }

// names returns the variables of a text.
func names(text string) (list []string) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// fill replaces the variables of a text by their values. quoted says how a value is written inside of a string in quotes, bare outside of one; nil
// means as it is.
func fill(text string, value func(name string) (string, error), quoted, bare func(string) string) (string, error) {
	var out strings.Builder
	inString, from := false, 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		before := text[from:m[0]]
		inString = after(before, inString)
		v, err := value(text[m[2]:m[3]])
		if err != nil {
			return "", err
		}
		switch {
		case inString && quoted != nil:
			v = quoted(v)
		case !inString && bare != nil:
			v = bare(v)
		}
		out.WriteString(before + v)
		from = m[1]
	}
	out.WriteString(text[from:])
	return out.String(), nil
}

// after reports whether a string in quotes is open behind a text.
func after(text string, open bool) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case open && text[i] == '\\':
			i++
		case text[i] == '"':
			open = !open
		}
	}
	return open
}

// escaped writes a value inside of a string of JSON.
func escaped(v string) string {
	b, _ := json.Marshal(v) // a string always can be written
	return string(b[1 : len(b)-1])
}

// word writes a value as a word of a filter: in quotes when it would be more than one.
func word(v string) string {
	if plainWord.MatchString(v) {
		return v
	}
	return `"` + filterEscaped(v) + `"`
}

// filterEscaped writes a value inside of a string of a filter.
func filterEscaped(v string) string {
	q := strconv.Quote(v)
	return q[1 : len(q)-1]
}

// filled returns the text of a step with its variables.
func (s *Step) filled(value func(name string) (string, error)) (string, error) {
	switch s.Kind { //nolint:exhaustive // the others have their values as they are
	case JSON:
		return fill(s.Text, value, escaped, nil)
	case Wait, Expect:
		return fill(s.Text, value, filterEscaped, word)
	}
	return fill(s.Text, value, nil, nil)
}

// vars are the values of a run.
type vars struct {
	file    map[string]string // of the file; they may hold others
	literal map[string]string // of who runs it, and saved ones: what a server says is never looked into for variables
	env     func(name string) (string, bool)
	hidden  map[string]string // values of the environment, and how they are shown instead
}

// values returns what has the values of variables for one text. That no variable holds itself was checked.
func (v *vars) values() func(name string) (string, error) {
	left, bytes := maxFills, 2*act.MaxPayload
	var value func(name string) (string, error)
	value = func(name string) (string, error) {
		if left--; left < 0 {
			return "", fmt.Errorf("this has more than %d variables, those that its variables hold included", maxFills)
		}
		text, err := v.value(name, value)
		if bytes -= len(text); bytes < 0 {
			return "", errors.New("the values of its variables have more than 8 MiB")
		}
		return text, err
	}
	return value
}

// value returns the value of a variable; inner has those that it holds.
func (v *vars) value(name string, inner func(string) (string, error)) (string, error) {
	if rest, ok := strings.CutPrefix(name, envPrefix); ok {
		return v.ofEnv(rest)
	}
	if text, ok := v.literal[name]; ok {
		return text, nil
	}
	text, ok := v.file[name]
	if !ok {
		return "", fmt.Errorf("the variable {{%s}} has no value: the step that saves it did not run", name)
	}
	return fill(text, inner, nil, nil)
}

func (v *vars) ofEnv(name string) (string, error) {
	if v.env == nil {
		return "", fmt.Errorf("{{env.%s}} is for the terminal: here no value of the environment is read", name)
	}
	text, ok := v.env(name)
	if !ok {
		return "", fmt.Errorf("the environment has no %s", name)
	}
	if len(text) > 3 { // shorter ones would hide parts of words
		v.hidden[text] = "{{env." + name + "}}"
	}
	return text, nil
}

// shown returns a text without the values of the environment.
func (v *vars) shown(text string) string {
	for value, name := range v.hidden {
		text = strings.ReplaceAll(text, value, name)
		text = strings.ReplaceAll(text, escaped(value), name)
	}
	return text
}
