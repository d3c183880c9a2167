package server

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ConfigName is the file that a server reads its settings from when it stands in the current folder.
const ConfigName = "tetherscope.toml"

// configLimit is the size in bytes that a configuration file may have.
const configLimit = 1 << 20

// configFile is what a configuration file may hold. It is read without being asked for, from a folder that another person
// may have written, so it holds only what concerns the project: nothing in it opens the server to other machines, turns a
// check off, or writes a file. Those stay with the command line and the environment.
type configFile struct {
	Targets      map[string]string `toml:"targets"`       // as -target NAME=URL
	TargetOrigin *bool             `toml:"target-origin"` // as -target-origin
	Rules        string            `toml:"rules"`         // the text of a file for -faults
	Script       string            `toml:"script"`        // as -script: a file in the folder of this one, or below it
	ScriptStrict *bool             `toml:"script-strict"` // as -script-strict
	Ring         *int              `toml:"ring"`          // as -ring, in MiB
	Snap         *string           `toml:"snap"`          // as -snap: "64KiB"
	MaxMessage   *int64            `toml:"max-message"`   // as -max-message, in bytes
	Redact       []string          `toml:"redact"`        // as -redact
	LogFrames    *bool             `toml:"log-frames"`    // as -log-frames
	Log          *string           `toml:"log"`           // as -log
	Peers        []string          `toml:"peers"`         // as -peer; their secret is not for this file
}

// fromConfig sets the flags that neither the command line nor the environment has set.
func (o *Options) fromConfig(set *flag.FlagSet) error {
	name, asked := o.config, o.config != ""
	if name == "none" {
		return nil
	}
	if !asked {
		name = ConfigName
	}
	c, err := readConfig(name)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil
	}
	if err != nil {
		return err
	}
	o.ConfigFile, o.rules = name, c.Rules
	for _, s := range c.settings() {
		if given(set, s.flag) {
			continue
		}
		for _, value := range s.values {
			if err := set.Set(s.flag, value); err != nil {
				return fmt.Errorf("%s: %s: %w", name, s.flag, err)
			}
		}
	}
	return nil
}

// setting is a flag and the values it is set to, one after another.
type setting struct {
	flag   string
	values []string
}

// settings returns what the file sets, as flags.
func (c *configFile) settings() (all []setting) {
	add := func(name string, values ...string) { all = append(all, setting{name, values}) }
	var targets []string
	for _, name := range slices.Sorted(maps.Keys(c.Targets)) {
		targets = append(targets, name+"="+c.Targets[name])
	}
	add("target", targets...)
	if c.TargetOrigin != nil && (*c.TargetOrigin || len(targets) > 0) {
		add("target-origin", strconv.FormatBool(*c.TargetOrigin))
	}
	if c.Script != "" {
		add("script", c.Script)
		if c.ScriptStrict != nil {
			add("script-strict", strconv.FormatBool(*c.ScriptStrict))
		}
	}
	if c.Ring != nil {
		add("ring", strconv.Itoa(*c.Ring))
	}
	if c.Snap != nil {
		add("snap", *c.Snap)
	}
	if c.MaxMessage != nil {
		add("max-message", strconv.FormatInt(*c.MaxMessage, 10))
	}
	add("redact", c.Redact...)
	if c.LogFrames != nil {
		add("log-frames", strconv.FormatBool(*c.LogFrames))
	}
	if c.Log != nil {
		add("log", *c.Log)
	}
	add("peer", c.Peers...)
	return all
}

// readConfig reads a configuration file. Its errors name the file, the line and the column.
func readConfig(name string) (*configFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > configLimit {
		return nil, fmt.Errorf("configuration %s: want a text file of at most %d bytes", name, configLimit)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var c configFile
	d := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, positioned(name, err)
	}
	if c.Script != "" {
		if !filepath.IsLocal(c.Script) {
			return nil, fmt.Errorf("%s: script: %q: want a file in the folder of this one, or below it; -script takes any", name, c.Script)
		}
		c.Script = filepath.Join(filepath.Dir(name), c.Script)
	}
	for target, url := range c.Targets {
		if strings.ContainsAny(target+url, ",") {
			return nil, fmt.Errorf("%s: targets.%s: neither a name nor a URL here may have a comma", name, target)
		}
	}
	return &c, nil
}

// positioned adds the place to an error of the TOML library, and for an unknown key what there is.
func positioned(name string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		e := &unknown.Errors[0]
		row, column := e.Position()
		return fmt.Errorf("%s: line %d, column %d: there is no setting %q here: want targets, target-origin, rules, script, script-strict, ring, snap, max-message, redact, log-frames, log or peers; everything else is set by flags",
			name, row, column, strings.Join(e.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		return fmt.Errorf("%s: line %d, column %d: %s", name, row, column, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", name, err)
}

// CheckConfig says what would keep a server from starting with a configuration file and no flags, or nil. An empty name is
// that of the current folder.
func CheckConfig(name string) error {
	if name == "" {
		name = ConfigName
	}
	_, err := ParseFlags([]string{"-config", name}, func(string) (string, bool) { return "", false }, nil)
	return err
}
