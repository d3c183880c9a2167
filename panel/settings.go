package panel

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/tetherscope/tetherscope/internal/record"
	"github.com/tetherscope/tetherscope/panel/model"
)

// Where the page remembers settings: the pairing for good, the descriptor set for as long as the tab is open.
const (
	pairingKey = "pairing"
	schemaKey  = "schema"
)

// maxKept is how many bytes of a descriptor set outlive a reload; a longer one is to be opened again.
const maxKept = 2 << 20

// settings is what the settings show.
type settings struct {
	pairing model.Pairing
	schema  model.SchemaDetail
}

func (d *Desk) lookAtSettings() *settings {
	return &settings{pairing: d.model.Pairing(), schema: d.model.Schema()}
}

// picture is what the page was given to draw.
type picture struct {
	first *byte // of its bytes
	url   string
}

// draw gives the page the picture of the detail, once, and takes it away when it is not shown any more.
func (d *Desk) draw(v *model.DecodedDetail) string {
	p := &d.picture
	switch {
	case v == nil || v.Picture == nil || v.Picture.Data == nil:
		if p.first != nil {
			d.page.Picture("", nil)
		}
		*p = picture{}
	case p.first != &v.Picture.Data[0]:
		*p = picture{first: &v.Picture.Data[0], url: d.page.Picture(v.Picture.Type, v.Picture.Data)}
	}
	return p.url
}

// setAll tells a setting to what is looked at and to the live capture; a file that is opened later begins with those of it.
func (d *Desk) setAll(msg model.Msg) {
	d.mu.Lock()
	if d.live != d.model {
		d.live.Update(msg)
	}
	d.mu.Unlock()
	d.Send(msg)
}

// Set takes a setting that a person wrote or chose: "pair-request", "pair-answer", "type-out", "type-in".
func (d *Desk) Set(name, value string) {
	d.mu.Lock()
	p := d.model.Pairing()
	d.mu.Unlock()
	switch name {
	case "pair-request":
		p.Request = value
	case "pair-answer":
		p.Answer = value
	case "type-out", "type-in":
		dir := record.Out
		if name == "type-in" {
			dir = record.In
		}
		d.setAll(model.SetMessageType{Dir: dir, Name: value})
		d.keepSchema()
		return
	default:
		return
	}
	d.setAll(model.SetPairing{Request: p.Request, Answer: p.Answer})
	if text, err := json.Marshal([]string{p.Request, p.Answer}); err == nil {
		d.page.Remember(pairingKey, string(text))
	}
}

// keptSchema is a descriptor set as the page keeps it.
type keptSchema struct {
	Name, Base64 string
	Types        [2]string
}

// TakeFile takes a file that a person chose or dropped, for a purpose: "schema" is a descriptor set for Protobuf.
func (d *Desk) TakeFile(purpose, name string, data []byte) {
	if purpose != "schema" {
		return
	}
	if len(data) == 0 {
		d.Note(name + " is empty")
		return
	}
	d.setAll(model.SetSchema{Name: name, Bytes: data})
	d.mu.Lock()
	s := d.model.Schema()
	if s.Problem == "" {
		d.schemaFile = data
	}
	d.mu.Unlock()
	if s.Problem != "" {
		d.Note(s.Problem)
		return
	}
	d.Note("Read " + s.Name + ": " + strconv.Itoa(len(s.Names)) + " messages")
	d.keepSchema()
}

func (d *Desk) keepSchema() {
	d.mu.Lock()
	s, file := d.model.Schema(), d.schemaFile
	d.mu.Unlock()
	if len(file) == 0 || len(file) > maxKept {
		d.page.Keep(schemaKey, "")
		return
	}
	if text, err := json.Marshal(keptSchema{s.Name, base64.StdEncoding.EncodeToString(file), s.Types}); err == nil {
		d.page.Keep(schemaKey, string(text))
	}
}

// restoreSettings reads what the page remembers.
func (d *Desk) restoreSettings() {
	var paths []string
	if json.Unmarshal([]byte(d.page.Recall(pairingKey)), &paths) == nil && len(paths) == 2 {
		d.model.Update(model.SetPairing{Request: paths[0], Answer: paths[1]})
	}
	var kept keptSchema
	if json.Unmarshal([]byte(d.page.Kept(schemaKey)), &kept) != nil {
		return
	}
	file, err := base64.StdEncoding.DecodeString(kept.Base64)
	if err != nil || len(file) == 0 {
		return
	}
	d.schemaFile = file
	d.model.Update(model.SetSchema{Name: kept.Name, Bytes: file})
	for dir, name := range kept.Types {
		d.model.Update(model.SetMessageType{Dir: record.Dir(dir), Name: name})
	}
}

// doSettings performs the commands of the settings.
func (d *Desk) doSettings(word string) bool {
	switch word {
	case "settings":
		d.flip(&d.settings)
	case "open-schema":
		d.page.PickFile("schema")
	case "drop-schema":
		d.mu.Lock()
		d.schemaFile = nil
		d.mu.Unlock()
		d.setAll(model.SetSchema{})
		d.keepSchema()
	default:
		return false
	}
	return true
}

// settingsOverlay is what a person tells the panel about the traffic.
func settingsOverlay(v view, onSetting app.EventHandler) app.UI {
	if v.settings == nil {
		return app.Div().Class("overlay off")
	}
	s := v.settings
	return app.Div().Class("overlay").DataSet("testid", "settings").Body(
		app.Section().Class("help settings").Role("dialog").Aria("label", "Settings").Body(
			app.Div().Class("head").Body(
				app.H2().Text("Settings"),
				command("settings", "").Class("shut").Aria("label", "Close the settings").Text("×"),
			),
			pairingSettings(&s.pairing, onSetting),
			schemaSettings(&s.schema, onSetting),
		),
	)
}

func pairingSettings(p *model.Pairing, onSetting app.EventHandler) app.UI {
	box := func(name, label, value, example string) app.UI {
		return app.Label().Class("entry").Body(
			span("name", label),
			app.Input().Type("text").ID(name).Name(name).Class("line").Value(value).Placeholder(example).
				Spellcheck(false).AutoComplete(false).MaxLength(200).OnChange(onSetting),
		)
	}
	return app.Section().Class("group").Body(
		app.H3().Text("Requests and answers"),
		app.P().Class("soft").Text("JSON-RPC, GraphQL, Socket.IO, STOMP, SignalR, Phoenix, WAMP and MQTT say by themselves what answers what. For messages of your own, "+
			"name the member that a request and its answer have in common, as a path: in JSON, MessagePack, CBOR and Protobuf alike."),
		app.Div().Class("entries").Body(
			box("pair-request", "Key of a request", p.Request, "$.id"),
			box("pair-answer", "Key of its answer", p.Answer, "the same"),
		),
		app.P().Class(shownIf("problem", p.Problem != "")).Role("alert").Text("⚠ "+p.Problem),
	)
}

func schemaSettings(s *model.SchemaDetail, onSetting app.EventHandler) app.UI {
	items := []app.UI{
		app.H3().Text("Protobuf"),
		app.P().Class("soft").Text("With a descriptor set, fields have names and types. Make one with protoc --include_imports --descriptor_set_out=FILE, " +
			"or buf build -o FILE, and drop it here. It stays in this tab."),
	}
	items = append(items, schemaControls(s, record.Out)[:3]...)
	items = append(items, app.Div().Class(shownIf("entries", s.Name != "")).Body(
		typeList("Sent messages are", "type-out", s, record.Out, onSetting),
		typeList("Received messages are", "type-in", s, record.In, onSetting),
	))
	return app.Section().Class("group").DataSet("drop", "schema").Body(items...)
}

// schemaControls are the name of the descriptor set, how to open one, what is wrong with the last one, and which message of
// it a direction has.
func schemaControls(s *model.SchemaDetail, dir record.Dir) []app.UI {
	name, open := "No descriptor set", "Open a descriptor set…"
	if s.Name != "" {
		name, open = s.Name+", "+strconv.Itoa(len(s.Names))+" messages", "Open another…"
	}
	as := s.Types[dir]
	if as == "" {
		as = "no message type chosen"
	}
	return []app.UI{
		app.Div().Class("file").Body(
			span("name", name),
			command("open-schema", "").Class("tool small").Text(open),
			command("drop-schema", "").Class(shownIf("link", s.Name != "")).Text("remove"),
		),
		app.P().Class(shownIf("problem", s.Problem != "")).Role("alert").Text("⚠ " + s.Problem),
		app.Span(),
		app.P().Class(shownIf("soft", s.Name != "")).Body(
			span("", "read as "), app.Code().Text(as), span("", " · "),
			command("settings", "").Class("link").Text("choose the type"),
		),
	}
}

func typeList(label, name string, s *model.SchemaDetail, dir record.Dir, onSetting app.EventHandler) app.UI {
	options := make([]app.UI, 0, len(s.Names)+1)
	options = append(options, app.Option().Value("").Selected(s.Types[dir] == "").Text("– by their fields' numbers –"))
	for _, n := range s.Names {
		options = append(options, app.Option().Value(n).Selected(n == s.Types[dir]).Text(n))
	}
	return app.Label().Class("entry").Body(span("name", label), app.Select().ID(name).Name(name).Class("line").OnChange(onSetting).Body(options...))
}
