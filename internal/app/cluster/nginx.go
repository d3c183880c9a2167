package cluster

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"text/template"
	"time"
)

//go:embed nginx.conf.tmpl
var nginxConf string

// Nginx is an nginx of our own.
type Nginx struct {
	*Process
	Addr string
}

// StartNginx runs the program binary ("" finds nginx) at addr, in front of the nodes. timeout is how long a connection
// on which nothing passes stays open; 0 means 24 hours.
func StartNginx(ctx context.Context, binary, dir, addr string, nodes []string, timeout time.Duration) (*Nginx, error) {
	if timeout == 0 {
		timeout = 24 * time.Hour
	}
	conf := filepath.Join(dir, "nginx.conf")
	f, err := os.Create(conf)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	err = template.Must(template.New("nginx.conf").Parse(nginxConf)).Execute(f, map[string]any{
		"Dir": dir, "Addr": addr, "Nodes": nodes, "Timeout": strconv.FormatInt(timeout.Milliseconds(), 10) + "ms",
	})
	if err != nil {
		return nil, err
	}
	p, err := Start(dir, "nginx", exec.Command(find(binary, "nginx", "/usr/sbin/nginx"), "-p", dir, "-c", conf, "-e", filepath.Join(dir, "nginx-error.log")))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.ready(ctx, addr); err != nil {
		p.Kill()
		return nil, err
	}
	return &Nginx{p, addr}, nil
}

// Reload makes nginx read its configuration again. Connections that are open stay with the workers they have.
func (n *Nginx) Reload() error { return n.Signal(syscall.SIGHUP) }

// find returns the program asked for, the one in PATH, or the one where Debian has it, which is in root's PATH only.
func find(asked, name, elsewhere string) string {
	if asked != "" {
		return asked
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return elsewhere
}
