package server

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/server/proxy"
)

// targetFlags adds the flags of targets.
func (o *Options) targetFlags(set *flag.FlagSet) {
	set.Var((*list)(&o.targets), "target", "proxy a server and tap its connections, given as `NAME=URL`: ws(s)://host/path, or http(s)://host for all of it; may be repeated; the panel adds and removes targets, too")
	set.Var((*list)(&o.targetPorts), "target-port", "listen for a target on a port of your choice, given as `NAME=PORT`; may be repeated")
	set.Var((*list)(&o.targetCAs), "target-ca", "verify the certificate of a target by those in a PEM file, given as `NAME=FILE`; may be repeated")
	set.Var((*list)(&o.unverified), "target-insecure", "do not verify the certificate of the target of this `name`; may be repeated")
	set.BoolVar(&o.TargetOrigin, "target-origin", false, "replace the Origin of a target's own pages, as they have it through the proxy, by the target's own origin")
	set.BoolVar(&o.InsecureUpstream, "insecure-upstream", false, "do not verify the certificates of targets")
}

// parseTargets turns -target into targets.
func (o *Options) parseTargets() error {
	for _, text := range o.targets {
		t, err := proxy.ParseTarget(text)
		if err != nil {
			return fmt.Errorf("-target %w", err)
		}
		o.Targets = append(o.Targets, t)
	}
	switch {
	case len(o.Targets) > maxTargets:
		return fmt.Errorf("there are %d -target; at most %d can be served", len(o.Targets), maxTargets)
	case len(o.Targets) > 0:
	case o.TargetOrigin:
		return errors.New("-target-origin needs -target NAME=URL")
	case o.InsecureUpstream && o.Forward.Addr == "":
		return errors.New("-insecure-upstream needs -target NAME=URL or -proxy ADDR")
	}
	if err := distinct(o.Targets); err != nil {
		return err
	}
	return o.parseTargetChoices()
}

// parseTargetChoices reads what is chosen for single targets.
func (o *Options) parseTargetChoices() error {
	o.TargetChoices = map[string]TargetChoice{}
	for _, text := range o.targetPorts {
		port, err := o.choose("-target-port", text, "NAME=PORT", func(c *TargetChoice, value string) error {
			n, err := strconv.ParseUint(value, 10, 16)
			if err != nil || n == 0 {
				return fmt.Errorf("%q is not a port between 1 and 65535", value)
			}
			c.Port = uint16(n)
			return nil
		})
		if err != nil {
			return err
		}
		for name, other := range o.TargetChoices {
			if c := o.TargetChoices[port]; name != port && c.Port == other.Port {
				return fmt.Errorf("-target-port gives %s and %s the port %d; each needs its own", name, port, c.Port)
			}
		}
	}
	for _, text := range o.targetCAs {
		if _, err := o.choose("-target-ca", text, "NAME=FILE", readCA); err != nil {
			return err
		}
	}
	for _, name := range o.unverified {
		if _, err := o.choose("-target-insecure", name+"=", "NAME", func(c *TargetChoice, _ string) error {
			if c.CA != nil {
				return errors.New("-target-ca says what to trust, and this verifies nothing: choose one")
			}
			c.Insecure = true
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// choose changes what is chosen for the target that text names, and returns its name.
func (o *Options) choose(flagName, text, form string, change func(c *TargetChoice, value string) error) (name string, err error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", fmt.Errorf("%s %q is not %s", flagName, text, form)
	}
	if !slices.ContainsFunc(o.Targets, func(t proxy.Target) bool { return t.Name == name }) {
		return "", fmt.Errorf("%s %s needs -target %[2]s=URL", flagName, name)
	}
	c := o.TargetChoices[name]
	if err := change(&c, value); err != nil {
		return "", fmt.Errorf("%s %s: %w", flagName, name, err)
	}
	o.TargetChoices[name] = c
	return name, nil
}

// readCA reads the certificates that a target's is verified by.
func readCA(c *TargetChoice, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	c.CA, c.CAFile = x509.NewCertPool(), file
	if !c.CA.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s has no certificate in PEM", file)
	}
	return nil
}
