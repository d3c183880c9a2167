package controller

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
	"github.com/tetherscope/tetherscope/scope/act"
)

// Where the page stores settings: the pairing permanently, the descriptor set for as long as the tab is open.
const (
	pairingKey = "pairing"
	schemaKey  = "schema"
	themeKey   = "theme" // which static/panel/page.js reads, before anything is drawn
)

// SchemaFile is the purpose of a descriptor set for Protobuf among the files that a person chooses.
const SchemaFile = "schema"

// maxKept is how many bytes of a descriptor set survive a reload; a longer one must be opened again.
const maxKept = 2 << 20

// Setting is a box of the settings; its value is the name of the box in the page.
type Setting string

// The settings.
const (
	PairRequest  Setting = "pair-request" // the path of the key in a request
	PairResponse Setting = "pair-answer"  // the path of the key in its response
	SentType     Setting = "type-out"     // the Protobuf message that the client sends
	TimesShown   Setting = "times"        // what the column of times shows
	Theme        Setting = "theme"        // "light", "dark", or "" as the system has it
	SnapLength   Setting = "snap"         // bytes that the capture keeps of each payload
	ReceivedType Setting = "type-in"      // the Protobuf message that the client receives
)

// SettingsView is what the settings show.
type SettingsView struct {
	Pairing model.Pairing
	Schema  model.SchemaDetail
	Snap    act.Snap // zero without a server
	Times   model.Times
	Theme   string
	Targets TargetsView
}

// settings reads, changes and stores the settings. The core's lock guards its fields.
type settings struct {
	*core
	control    *control
	targets    *targets
	theme      string
	schemaFile []byte // the active descriptor set, as it was read
}

// view returns what is drawn. The caller holds the lock.
func (s *settings) view() *SettingsView {
	return &SettingsView{Pairing: s.model.Pairing(), Schema: s.model.Schema(), Snap: s.control.snap, Times: s.model.Status().Times, Theme: s.theme, Targets: s.targets.view()}
}

func (s *settings) set(name Setting, value string) {
	switch name {
	case PairRequest, PairResponse:
		s.setPairing(name, value)
	case TimesShown:
		s.setTimes(model.ParseTimes(value))
	case Theme:
		s.setTheme(value)
	case SnapLength:
		s.control.setSnap(value)
	case SentType:
		s.setType(record.Out, value)
	case ReceivedType:
		s.setType(record.In, value)
	case TargetName, TargetURL, TargetPort, TargetCA:
		s.targets.set(name, value)
		s.wake()
	default:
		s.Note("Unknown setting " + strconv.Quote(string(name)))
	}
}

func (s *settings) setTheme(name string) {
	if name != "light" && name != "dark" {
		name = ""
	}
	s.mu.Lock()
	s.theme = name
	s.mu.Unlock()
	s.page.Remember(themeKey, name)
	s.page.Theme(name)
	s.wake()
}

func (s *settings) setType(dir record.Dir, name string) {
	s.sendAll(model.SetMessageType{Dir: dir, Name: name})
	s.keepSchema()
}

func (s *settings) setPairing(name Setting, path string) {
	s.mu.Lock()
	p := s.model.Pairing()
	s.mu.Unlock()
	if name == PairRequest {
		p.Request = path
	} else {
		p.Answer = path
	}
	s.sendAll(model.SetPairing{Request: p.Request, Answer: p.Answer})
	if text, err := json.Marshal([]string{p.Request, p.Answer}); err == nil {
		s.page.Remember(pairingKey, string(text))
	}
}

// keptSchema is a descriptor set as the page stores it.
type keptSchema struct {
	Name, Base64 string
	Types        [2]string
}

// takeSchema takes a descriptor set for Protobuf.
func (s *settings) takeSchema(name string, data []byte) {
	if len(data) == 0 {
		s.Note(name + " is empty")
		return
	}
	s.sendAll(model.SetSchema{Name: name, Bytes: data})
	s.mu.Lock()
	schema := s.model.Schema()
	if schema.Problem == "" {
		s.schemaFile = data
	}
	s.mu.Unlock()
	if schema.Problem != "" {
		s.Note(schema.Problem)
		return
	}
	s.Note("Read " + schema.Name + ": " + format.Plural(uint64(len(schema.Names)), "message type"))
	s.keepSchema()
}

func (s *settings) dropSchema() {
	s.mu.Lock()
	s.schemaFile = nil
	s.mu.Unlock()
	s.sendAll(model.SetSchema{})
	s.keepSchema()
}

func (s *settings) keepSchema() {
	s.mu.Lock()
	schema, file := s.model.Schema(), s.schemaFile
	s.mu.Unlock()
	if len(file) == 0 || len(file) > maxKept {
		s.page.Keep(schemaKey, "")
		return
	}
	if text, err := json.Marshal(keptSchema{schema.Name, base64.StdEncoding.EncodeToString(file), schema.Types}); err == nil {
		s.page.Keep(schemaKey, string(text))
	}
}

// restore reads what the page stored. The caller holds the lock.
func (s *settings) restore() {
	s.theme = s.page.Recall(themeKey)
	s.model.Update(model.SetTimes{Times: model.ParseTimes(s.page.Recall(timesKey))})
	var paths []string
	if json.Unmarshal([]byte(s.page.Recall(pairingKey)), &paths) == nil && len(paths) == 2 {
		s.model.Update(model.SetPairing{Request: paths[0], Answer: paths[1]})
	}
	var kept keptSchema
	if json.Unmarshal([]byte(s.page.Kept(schemaKey)), &kept) != nil {
		return
	}
	file, err := base64.StdEncoding.DecodeString(kept.Base64)
	if err != nil || len(file) == 0 {
		return
	}
	s.schemaFile = file
	s.model.Update(model.SetSchema{Name: kept.Name, Bytes: file})
	for dir, name := range kept.Types {
		s.model.Update(model.SetMessageType{Dir: record.Dir(dir), Name: name})
	}
}
