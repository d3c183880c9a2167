// These tests prove that docs/control-api.json describes the API as it is: every request, every field of what it takes and gives.
package control

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/feed"
	"github.com/tetherscope/tetherscope/scope/act"
)

// description is the part of an OpenAPI document that is checked.
type description struct {
	Paths map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
		Responses map[string]any
	}
	Components struct {
		Schemas map[string]struct {
			Required             []string
			Properties           map[string]any
			AdditionalProperties *bool
		}
	}
}

func readDescription(t *testing.T) (d description, raw string) {
	b, err := os.ReadFile("../../../docs/control-api.json")
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d, string(b)
}

func TestEveryRequestIsDescribed(t *testing.T) {
	d, _ := readDescription(t)
	var described []string
	for path, methods := range d.Paths {
		for method, one := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			if one.Responses["200"] == nil || one.Responses["403"] == nil {
				t.Errorf("%s %s lacks answers", method, path)
			}
		}
	}
	slices.Sort(described)
	want := slices.Sorted(slices.Values(append(Patterns(), SessionPattern, PacketsPattern, ProxyPattern, DialPattern, DialStatePattern, TargetsPattern, AddTargetPattern, RemoveTargetPattern,
		ScriptPattern, SwitchScriptPattern, TryScriptPattern,
		CheckRequestsPattern, RunRequestsPattern)))
	if !slices.Equal(described, want) {
		t.Errorf("described are %q, answered %q", described, want)
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	d, raw := readDescription(t)
	values := []any{
		feed.Session{},
		act.Conns{},
		act.Conn{},
		act.Direction{},
		act.Message{},
		act.Sent{},
		act.Problem{},
		act.Repeat{},
		act.End{},
		act.Failure{},
		act.Rules{},
		act.Trial{},
		act.TriedRule{},
		act.TriedRecord{},
		act.InterceptedFrame{},
		act.Intercepted{},
		act.Resolution{},
		act.Snap{},
		act.Dial{},
		act.Dialled{},
		act.DialState{},
		act.Targets{},
		act.Target{},
		act.NewTarget{},
		act.Script{},
		act.ScriptSwitch{},
		act.Requests{},
		act.RequestsChecked{},
		act.RequestOutline{},
		act.RequestsLine{},
		act.StepResult{},
		act.RequestsEnd{},
		act.Page{},
		act.Packets{},
		act.Omission{},
		act.Budget{},
		act.Share{},
		act.Passed{},
		act.PassedHost{},
	}
	taken := []string{"Message", "Repeat", "End", "Resolution", "Rules", "Snap", "Dial", "NewTarget", "ScriptSwitch", "Requests"}
	for _, v := range values {
		typ := reflect.TypeOf(v)
		schema, ok := d.Components.Schemas[typ.Name()]
		if !ok {
			t.Errorf("%s is not described", typ.Name())
			continue
		}
		var names, required []string
		for i := range typ.NumField() {
			name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
			if options == "" {
				required = append(required, name)
			}
		}
		described := make([]string, 0, len(names))
		for name := range schema.Properties {
			described = append(described, name)
		}
		slices.Sort(names)
		slices.Sort(described)
		slices.Sort(required)
		slices.Sort(schema.Required)
		if !slices.Equal(names, described) || !slices.Equal(required, schema.Required) {
			t.Errorf("%s has %q of which %q always; described are %q and %q", typ.Name(), names, required, described, schema.Required)
		}
		if strict := schema.AdditionalProperties != nil && !*schema.AdditionalProperties; strict != slices.Contains(taken, typ.Name()) {
			t.Errorf("%s: that unknown fields are refused is said: %t", typ.Name(), strict)
		}
	}
	if len(d.Components.Schemas) != len(values) {
		t.Errorf("%d schemas for %d types", len(d.Components.Schemas), len(values))
	}
	for _, part := range strings.Split(raw, `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := d.Components.Schemas[name]; !ok {
			t.Errorf("%s is referred to and not described", name)
		}
	}
}
