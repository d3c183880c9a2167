package controller

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/panel/model"
	"github.com/tetherscope/tetherscope/panel/model/format"
)

// An element of a page can hold text only. So a command that an element carries is written as two attributes, a word and an
// argument, and read back at the click: Attributes and ParseCommand are the only places that know the text.

// drawn are the commands that elements carry, each with its word.
var drawn = map[string]Command{
	"record": ToggleRecording{}, "freeze": ToggleFreeze{}, "follow": Follow{}, "help": ToggleHelp{}, "settings": ToggleSettings{},
	"stats": ToggleStatistics{}, "charts": ToggleCharts{}, "menu": ToggleMenu{}, "demo": StartDemo{}, "reload": Reload{}, "copy-text": CopyText{},

	"goto": GoTo{}, "times": NextTimes{}, "times-here": TimesHere{}, "edit-row": EditSelected{}, "resend": Resend{},

	"clear": Update{model.Clear{}}, "undo": Update{model.Undo{}}, "export": Update{model.Export{}}, "view": Update{model.SetView{}}, "layout": ToggleLayout{},
	"stop-scan": Update{model.StopScan{}}, "hide-like": Update{model.HideSimilar{}}, "only-like": Update{model.OnlySimilar{}},
	"select": Update{model.Select{}}, "seek": Update{model.Seek{}}, "pair": Update{model.GoPair{}},

	"unselect": CloseDetail{}, "copy": Copy{}, "copy-link": CopyLink{}, "mark": ToggleMark{},

	"tab": Update{model.SetTab{}}, "shape": Update{model.SetShape{}}, "decoder": Update{model.SetDecoder{}},
	"bytes-as": Update{model.SetBytes{}}, "highlight": Update{model.Highlight{}}, "highlight-at": Update{model.HighlightAt{}},
	"byte-page": Update{model.SetBytePage{}}, "page": Update{model.SetPage{}}, "fold": Update{model.Fold{}},

	"open-file": OpenFile{}, "network": ImportNetwork{}, "back": BackToLive{}, "save": Save{}, "keep-secrets": ToggleSecrets{}, "show-secrets": ToggleCredentials{},
	"hide-shortage": HideShortage{}, "open-schema": PickSchema{}, "drop-schema": RemoveSchema{},

	"complete": AcceptCompletion{}, "use-query": UseQuery{}, "find": ToggleFind{}, "dir": ToggleDirection{}, "type": ToggleType{},
	"broken": ToggleViolations{}, "conn": ChooseConn{}, "drop-text": ClearQuery{}, "drop-term": RemoveTerm{}, "drop-all": ClearFilters{},
	"saved": ToggleSaved{}, "save-filter": SaveFilter{}, "use-saved": UseSaved{}, "delete-saved": DeleteSaved{},

	"compose": ToggleComposer{}, "compose-set": SetComposer{}, "compose-conn": ChooseTarget{}, "compose-fin": ToggleFin{},
	"compose-rsv": ToggleRsv{}, "compose-force": ToggleForce{}, "compose-file": PickPayload{}, "compose-send": SendComposed{},
	"compose-repeat": RepeatComposed{}, "compose-stop": StopRepeating{}, "compose-end": EndConn{}, "compose-save": SaveTemplate{},
	"compose-load": LoadTemplate{}, "delete-template": DeleteTemplate{}, "compose-dial": DialConn{}, "close-dialled": CloseDialled{},
	"dial-insecure": ToggleInsecure{}, "dial-save": SaveDial{}, "dial-load": LoadDial{}, "dial-delete": DeleteDial{},

	"add-target": AddTarget{}, "remove-target": RemoveTarget{}, "target-insecure": ToggleTargetInsecure{},

	"fold-group": FoldGroup{}, "only-group": OnlyGroup{}, "hide-group": HideGroup{},

	"compare": ToggleComparison{}, "swap-compared": SwapCompared{}, "choose-compared": ChooseCompared{}, "class": ToggleClass{}, "slower": ToggleSlower{},
	"more-compared": MoreCompared{}, "go-compared": GoCompared{},

	"requests": ToggleRequests{}, "check-requests": CheckRequests{}, "run-requests": RunRequests{}, "stop-requests": StopRequests{}, "keep-requests": KeepRequests{},
	"use-requests": UseRequests{}, "drop-requests": DropRequests{}, "open-requests": OpenRequests{}, "save-requests": SaveRequests{},

	"faults": ToggleFaults{}, "apply-rules": ApplyRules{}, "try-rules": TryRules{}, "clear-rules": ClearRules{}, "faults-preset": TogglePreset{},
	"script": ToggleScript{}, "try-script": TryScript{}, "forward-frame": ForwardFrame{}, "drop-frame": DropFrame{}, "edit-frame": EditFrame{},
}

// words are the words of the drawn commands, by type.
var words = func() map[reflect.Type]string {
	list := make(map[reflect.Type]string, len(drawn))
	for word, cmd := range drawn {
		list[fields(cmd).Type()] = word
	}
	return list
}()

// fields returns a copy of the value whose fields are the arguments of a command: the message of an Update, the command
// itself otherwise.
func fields(cmd Command) reflect.Value {
	var inner any = cmd
	if u, ok := cmd.(Update); ok {
		inner = u.Msg
	}
	v := reflect.New(reflect.TypeOf(inner)).Elem()
	v.Set(reflect.ValueOf(inner))
	return v
}

// Attributes returns how an element carries a command. A command that no element may carry has the word "".
func Attributes(cmd Command) (word, arg string) {
	v := fields(cmd)
	list := make([]string, v.NumField())
	for i := range list {
		list[i] = text(v.Field(i))
	}
	return words[v.Type()], strings.Join(list, "=")
}

// text returns a field as text; numbers that have a name are written as numbers.
func text(f reflect.Value) string {
	switch {
	case f.CanInt():
		return strconv.FormatInt(f.Int(), 10)
	case f.CanUint():
		return strconv.FormatUint(f.Uint(), 10)
	case f.Kind() == reflect.Bool:
		return strconv.FormatBool(f.Bool())
	}
	return f.String()
}

// CommandError says why the attributes of an element are no command.
type CommandError struct {
	Word, Arg string
	Err       error // nil if the word is unknown
}

// Error says what is wrong.
func (e *CommandError) Error() string {
	if e.Err == nil {
		return "unknown command " + strconv.Quote(e.Word)
	}
	return fmt.Sprintf("command %q with argument %q: %v", e.Word, e.Arg, e.Err)
}

// Unwrap returns the reason.
func (e *CommandError) Unwrap() error { return e.Err }

// ParseCommand returns the command that an element carries. The error is a [*CommandError].
func ParseCommand(word, arg string) (Command, error) {
	cmd, ok := drawn[word]
	if !ok {
		return nil, &CommandError{Word: word, Arg: arg}
	}
	v := fields(cmd)
	n := v.NumField()
	parts := strings.SplitN(arg, "=", max(n, 1))
	if n == 0 && arg != "" || n > 0 && len(parts) != n {
		return nil, &CommandError{word, arg, fmt.Errorf("want %s", format.Plural(uint64(n), "value"))}
	}
	for i := range n {
		if err := setField(v.Field(i), parts[i]); err != nil {
			return nil, &CommandError{word, arg, err}
		}
	}
	if msg, ok := v.Interface().(model.Msg); ok {
		return Update{msg}, nil
	}
	return v.Interface().(Command), nil
}

// setField reads a field from its text.
func setField(f reflect.Value, s string) error {
	switch {
	case f.CanInt():
		n, err := strconv.ParseInt(s, 10, f.Type().Bits())
		if err != nil {
			return err
		}
		f.SetInt(n)
	case f.CanUint():
		n, err := strconv.ParseUint(s, 10, f.Type().Bits())
		if err != nil {
			return err
		}
		f.SetUint(n)
	case f.Kind() == reflect.Bool:
		on, err := strconv.ParseBool(s)
		if err != nil {
			return err
		}
		f.SetBool(on)
	default:
		f.SetString(s)
	}
	return nil
}
