package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

const (
	maxTable     = 8 << 20 // bytes of a connection table
	maxFiles     = 1 << 16 // open files of a process
	maxKnown     = 16      // processes that are looked at first
	maxAncestors = 16
)

// proc is the folder of the kernel's process table.
type proc struct {
	root  string
	uid   string   // whose processes can be read; "" for all
	known []string // process IDs, the one that was found last in front
}

func newSystem() func(client, server netip.AddrPort) record.Program {
	p := &proc{root: "/proc"}
	if os.Geteuid() != 0 {
		p.uid = strconv.Itoa(os.Geteuid())
	}
	return p.program
}

// program implements the lookup of [Finder].
func (p *proc) program(client, server netip.AddrPort) record.Program {
	inode, uid := p.inode(client, server)
	if inode == "" || p.uid != "" && p.uid != uid {
		return record.Program{}
	}
	pid := p.owner("socket:[" + inode + "]")
	if pid == "" {
		return record.Program{}
	}
	pid = p.browser(pid)
	n, err := strconv.ParseUint(pid, 10, 32)
	name := p.name(pid)
	if err != nil || name == "" {
		return record.Program{}
	}
	return record.Program{PID: uint32(n), Name: name}
}

// inode returns the inode of the client's socket and the user whose it is, or "".
func (p *proc) inode(client, server netip.AddrPort) (inode, uid string) {
	if !client.Addr().Is4() {
		return p.inTable("tcp6", client, server)
	}
	if inode, uid = p.inTable("tcp", client, server); inode != "" {
		return inode, uid
	}
	mapped := func(a netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	return p.inTable("tcp6", mapped(client), mapped(server)) // a socket of both families
}

// inTable looks for the socket in one of the tables.
func (p *proc) inTable(table string, client, server netip.AddrPort) (inode, uid string) {
	f, err := os.Open(filepath.Join(p.root, "net", table))
	if err != nil {
		return "", ""
	}
	defer func() { _ = f.Close() }() // it was only read
	want := []byte(": " + kernelForm(client) + " " + kernelForm(server) + " ")
	for lines := bufio.NewScanner(io.LimitReader(f, maxTable)); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), want) {
			continue
		}
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[9] != "0" {
			return fields[9], fields[7]
		}
	}
	return "", ""
}

// kernelForm writes an address as the tables do: 32-bit numbers in the byte order of the machine, and the port.
func kernelForm(a netip.AddrPort) string {
	var b strings.Builder
	for word := range slices.Chunk(a.Addr().AsSlice(), 4) {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&b, ":%04X", a.Port())
	return b.String()
}

// owner returns the process that has a socket open, or "".
func (p *proc) owner(socket string) string {
	for i, pid := range p.known {
		if p.has(pid, socket) {
			p.known = slices.Insert(slices.Delete(p.known, i, i+1), 0, pid)
			return pid
		}
	}
	d, err := os.Open(p.root)
	if err != nil {
		return ""
	}
	defer func() { _ = d.Close() }() // it was only read
	all, _ := d.Readdirnames(-1)     // what was read of it
	slices.Reverse(all)              // the youngest processes last in the folder, first here
	for _, pid := range all {
		if pid[0] < '1' || pid[0] > '9' || slices.Contains(p.known, pid) || !p.has(pid, socket) {
			continue
		}
		p.known = slices.Insert(p.known, 0, pid)
		p.known = p.known[:min(len(p.known), maxKnown)]
		return pid
	}
	return ""
}

// has reports whether a process has a socket open.
func (p *proc) has(pid, socket string) bool {
	folder := filepath.Join(p.root, pid, "fd")
	d, err := os.Open(folder)
	if err != nil {
		return false // it is gone, or another user's
	}
	defer func() { _ = d.Close() }() // it was only read
	files, _ := d.Readdirnames(maxFiles)
	slices.Reverse(files) // new files have high numbers
	for _, name := range files {
		if to, err := os.Readlink(folder + "/" + name); err == nil && to == socket {
			return true
		}
	}
	return false
}

// browser returns the process of the browser when pid is one of its helpers, else pid.
func (p *proc) browser(pid string) string {
	for range maxAncestors {
		words, err := os.ReadFile(filepath.Join(p.root, pid, "cmdline"))
		// Chromium writes its arguments between spaces over those that the system keeps
		words = bytes.ReplaceAll(words, []byte{0}, []byte{' '})
		if err != nil || !bytes.Contains(words, []byte(" --type=")) && !bytes.Contains(words, []byte(" -contentproc ")) {
			return pid
		}
		parent := p.parent(pid)
		if parent == "" || p.name(parent) != p.name(pid) {
			return pid
		}
		pid = parent
	}
	return pid
}

// parent returns the process that started pid, or "".
func (p *proc) parent(pid string) string {
	text, err := os.ReadFile(filepath.Join(p.root, pid, "stat"))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text[max(bytes.LastIndexByte(text, ')'), 0):]), ") ")
	if fields := strings.Fields(rest); len(fields) > 1 && fields[1] != "0" {
		return fields[1]
	}
	return ""
}

// name returns the file name of a process's executable, or the name that the process has when that cannot be read.
func (p *proc) name(pid string) string {
	if path, err := os.Readlink(filepath.Join(p.root, pid, "exe")); err == nil {
		return strings.TrimSuffix(filepath.Base(path), " (deleted)")
	}
	text, _ := os.ReadFile(filepath.Join(p.root, pid, "comm")) // "" when it is gone
	return strings.TrimSpace(string(text))
}
