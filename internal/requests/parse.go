package requests

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/tetherscope/tetherscope/internal/capture/query"
)

// The file as TOML has it.
type (
	rawFile struct {
		Vars     map[string]string `toml:"vars"`
		Requests []rawRequest      `toml:"request"`
	}
	rawRequest struct {
		Name         string    `toml:"name"`
		URL          string    `toml:"url"`
		Header       []string  `toml:"header"`
		Subprotocols []string  `toml:"subprotocols"`
		Insecure     bool      `toml:"insecure"`
		CA           string    `toml:"ca"`
		CAFile       string    `toml:"ca-file"`
		Within       string    `toml:"within"`
		Steps        []rawStep `toml:"step"`
	}
	rawStep struct {
		Send   *string           `toml:"send"`
		JSON   *string           `toml:"json"`
		Binary *string           `toml:"binary"`
		Wait   *string           `toml:"wait"`
		Expect *string           `toml:"expect"`
		Close  *int64            `toml:"close"`
		Closed *int64            `toml:"closed"`
		Reason string            `toml:"reason"`
		Within string            `toml:"within"`
		Save   map[string]string `toml:"save"`
	}
)

// reader checks a file. Its methods return an [*Error] with the place of what is wrong.
type reader struct {
	name   string
	places map[string]Position
}

// Parse reads a file. The error is an [*Error].
func Parse(name string, text []byte) (*File, error) {
	if len(text) > MaxFile {
		return nil, &Error{name, Position{1, 1}, "the file has more than 1 MiB"}
	}
	var raw rawFile
	if err := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields().Decode(&raw); err != nil {
		return nil, positioned(name, err)
	}
	r := reader{name, places(text)}
	out := &File{Name: name, Vars: raw.Vars, varsAt: map[string]Position{}}
	for v := range raw.Vars {
		if out.varsAt[v] = r.at("vars." + v); !isName(v) || strings.HasPrefix(v, envPrefix) {
			return nil, r.wrong("vars."+v, "a variable is called by letters, digits, dots, dashes and underscores, begins with a letter, and not with env.")
		}
	}
	if len(raw.Requests) == 0 || len(raw.Requests) > MaxRequests {
		return nil, r.wrong("request", fmt.Sprintf("there are %d requests: want 1 to %d, each below a line [[request]]", len(raw.Requests), MaxRequests))
	}
	for i := range raw.Requests {
		q, err := r.request("request."+strconv.Itoa(i), &raw.Requests[i])
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out.Requests, func(other Request) bool { return other.Name == q.Name }) {
			return nil, r.wrong("request."+strconv.Itoa(i)+".name", "another request has this name")
		}
		out.Requests = append(out.Requests, q)
	}
	return out, nil
}

// positioned adds the place to an error of the TOML library.
func positioned(name string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		e := &unknown.Errors[0]
		row, column := e.Position()
		return &Error{name, Position{row, column}, "there is no key " + strings.Join(e.Key(), ".") + " here"}
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		return &Error{name, Position{row, column}, strings.TrimPrefix(bad.Error(), "toml: ")}
	}
	return &Error{name, Position{1, 1}, err.Error()}
}

// at returns where a key stands, or what it is in.
func (r *reader) at(key string) Position {
	for key != "" {
		if p, ok := r.places[key]; ok {
			return p
		}
		key = key[:max(strings.LastIndexByte(key, '.'), 0)]
	}
	return Position{1, 1}
}

func (r *reader) wrong(key, text string) error { return &Error{r.name, r.at(key), text} }

// request checks a request. key is its place.
func (r *reader) request(key string, raw *rawRequest) (q Request, err error) {
	q = Request{
		Position: r.at(key), Name: raw.Name, URL: raw.URL, Header: raw.Header, Subprotocols: raw.Subprotocols, Insecure: raw.Insecure, CA: raw.CA, CAFile: raw.CAFile,
	}
	switch {
	case strings.TrimSpace(raw.Name) == "" || len(raw.Name) > 200:
		return q, r.wrong(key, `a request has a name of 1 to 200 bytes: name = "…"`)
	case raw.URL == "":
		return q, r.wrong(key, `a request has a URL: url = "ws://…"`)
	case raw.Insecure && (raw.CA != "" || raw.CAFile != "") || raw.CA != "" && raw.CAFile != "":
		return q, r.wrong(key, "insecure, ca and ca-file exclude each other")
	case len(raw.Steps) > MaxSteps:
		return q, r.wrong(key, fmt.Sprintf("a request has at most %d steps", MaxSteps))
	}
	for i, line := range raw.Header {
		if name, _, ok := strings.Cut(line, ":"); !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(line, "\r\n") {
			return q, r.wrong(key+".header", fmt.Sprintf("entry %d is no header field: want \"Name: value\"", i+1))
		}
	}
	if q.Within, err = r.within(key, raw.Within, defaultWithin); err != nil {
		return q, err
	}
	for i := range raw.Steps {
		s, err := r.step(key+".step."+strconv.Itoa(i), &raw.Steps[i], q.Within)
		if err != nil {
			return q, err
		}
		q.Steps = append(q.Steps, s)
	}
	return q, nil
}

// within reads a time limit.
func (r *reader) within(key, text string, otherwise time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > MaxWithin {
		return 0, r.wrong(key+".within", `want a time of at most 10m, such as "500ms" or "2s"`)
	}
	return d, nil
}

// step checks a step. key is its place.
func (r *reader) step(key string, raw *rawStep, within time.Duration) (s Step, err error) {
	texts := map[Kind]*string{Send: raw.Send, JSON: raw.JSON, Binary: raw.Binary, Wait: raw.Wait, Expect: raw.Expect}
	codes := map[Kind]*int64{Close: raw.Close, Closed: raw.Closed}
	kinds := 0
	for kind, text := range texts {
		if text != nil {
			kinds++
			s.Kind, s.Text = kind, *text
		}
	}
	for kind, code := range codes {
		if code == nil {
			continue
		}
		if *code < 1000 || *code > 4999 {
			return s, r.wrong(key+"."+string(kind), "want a close code from 1000 to 4999")
		}
		kinds++
		s.Kind, s.Text, s.Code = kind, strconv.FormatInt(*code, 10), uint16(*code)
	}
	if kinds != 1 {
		return s, r.wrong(key, fmt.Sprintf("a step is one of send, json, binary, wait, expect, close and closed; here are %d", kinds))
	}
	s.Position, s.Reason = r.at(key+"."+string(s.Kind)), raw.Reason
	if raw.Reason != "" && (s.Kind != Close || len(raw.Reason) > 123) {
		return s, r.wrong(key+".reason", "a reason of at most 123 bytes belongs to close")
	}
	if s.Within, err = r.within(key, raw.Within, within); err != nil {
		return s, err
	}
	if err := r.saves(key, raw, &s); err != nil {
		return s, err
	}
	if problem := sample(&s); problem != "" {
		return s, r.wrong(key+"."+string(s.Kind), problem)
	}
	return s, nil
}

// saves checks what a step saves.
func (r *reader) saves(key string, raw *rawStep, s *Step) error {
	if len(raw.Save) > 0 && s.Kind != Wait && s.Kind != Expect {
		return r.wrong(key+".save", "wait and expect find a message to save from")
	}
	for _, name := range slices.Sorted(maps.Keys(raw.Save)) {
		path := raw.Save[name]
		if !isName(name) || strings.HasPrefix(name, envPrefix) {
			return r.wrong(key+".save", strconv.Quote(name)+" is no name of a variable")
		}
		if _, err := query.ParsePath(path); err != nil {
			return r.wrong(key+".save", fmt.Sprintf("the path %q: %v", path, err))
		}
		s.Save = append(s.Save, Save{name, path})
	}
	return nil
}

// sample says what is wrong with a step whatever its variables hold.
func sample(s *Step) string {
	text, _ := s.filled(func(string) (string, error) { return "0", nil }) // which has no error
	return problem(s.Kind, text)
}

// problem says what is wrong with the text of a step, its variables filled in.
func problem(kind Kind, text string) string {
	switch kind { //nolint:exhaustive // the others take any text
	case JSON:
		var v json.RawMessage
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return "this is no JSON: " + err.Error()
		}
	case Binary:
		if _, err := hex.DecodeString(digits(text)); err != nil {
			return "want hexadecimal digits, two for each byte"
		}
	case Wait, Expect:
		if _, err := query.Parse(text); err != nil {
			return "the filter cannot be read: " + err.Error()
		}
	}
	return ""
}

// digits leaves out what may stand between hexadecimal digits.
func digits(text string) string {
	return strings.NewReplacer(" ", "", ":", "", "\n", "", "\r", "", "\t", "").Replace(text)
}
