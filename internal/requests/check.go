package requests

import (
	"fmt"
	"strings"
)

// check finds variables without a source before anything is sent. The error is an [*Error], or a [*NoValueError] with one.
func (r *Run) check() error {
	known := map[string]bool{}
	for name := range r.vars.literal {
		known[name] = true
	}
	c := checker{r, known, map[string]bool{}}
	for i := range r.todo {
		q := &r.todo[i]
		for _, text := range append([]string{q.URL, q.CA, q.CAFile}, append(q.Header, q.Subprotocols...)...) {
			if err := c.text(text, q.Position); err != nil {
				return err
			}
		}
		for j := range q.Steps {
			s := &q.Steps[j]
			if err := c.text(s.Text, s.Position); err != nil {
				return err
			}
			for _, save := range s.Save {
				known[save.Name] = true
			}
		}
	}
	return nil
}

// checker knows which variables will have a value.
type checker struct {
	run    *Run
	known  map[string]bool
	inside map[string]bool // variables of the file whose text is being checked
}

// text checks the variables of a text that stands at a place.
func (c *checker) text(text string, at Position) error {
	for _, name := range names(text) {
		if err := c.name(name, at); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) name(name string, at Position) error {
	f := c.run.file
	wrong := func(format string, args ...any) *Error { return &Error{f.Name, at, fmt.Sprintf(format, args...)} }
	inner, ofFile := f.Vars[name]
	switch env, isEnv := strings.CutPrefix(name, envPrefix); {
	case isEnv && c.run.vars.env == nil:
		return wrong("{{%s}} is for the terminal: here no value of the environment is read", name)
	case isEnv:
		if _, ok := c.run.vars.env(env); !ok {
			return wrong("the environment has no %s", env)
		}
		return nil
	case c.known[name]:
		return nil
	case !ofFile:
		return &NoValueError{name, wrong("no variable is called %s: it is not in [vars], and no step before saves it", name)}
	case c.inside[name]:
		return wrong("the variable %s holds itself", name)
	}
	c.inside[name] = true
	err := c.text(inner, f.varsAt[name])
	delete(c.inside, name)
	c.known[name] = err == nil
	return err
}
