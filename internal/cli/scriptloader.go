package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/recordfilter"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
	"github.com/tetherscope/tetherscope/internal/cli/replay"
)

// scriptLoader are the connections of a capture that are to be played.
type scriptLoader struct {
	io     *IO
	name   string
	keyLog string
	role   replay.Role
	conn   uint // 0 for all
	query  string
	cut    bool // play the start of what was not kept whole
}

// read makes scripts of the capture. Damage is reported by the second error: everything else was read.
func (s *scriptLoader) read(ctx context.Context) (list []*replay.Script, damage, err error) {
	if isURL(s.name) {
		return nil, nil, errors.New("want a capture file or -, not a server: record one first")
	}
	sel, err := recordfilter.NewSelection(s.query)
	if err != nil {
		return nil, nil, err
	}
	src := source{io: s.io, name: s.name, keyLog: s.keyLog}
	if err := src.check(); err != nil {
		return nil, nil, err
	}
	b := replay.NewBuilder(s.role)
	found := map[uint32]bool{}
	has, first := s.conn == 0, []uint32(nil)
	mark := func(r *record.Record) error { found[r.Conn] = true; return nil } //nolint:unparam // a selection asks for it
	err = src.read(ctx, func(r *record.Record) error {
		if len(first) <= namedConns && !slices.Contains(first, r.Conn) {
			first = append(first, r.Conn)
		}
		if s.conn != 0 && uint64(s.conn) != uint64(r.Conn) {
			return nil
		}
		has = true
		if err := sel.Push(r, mark); err != nil {
			return err
		}
		return b.Add(redact.Record(r)) // what redaction hides is never sent
	})
	if isDamage(err) {
		damage, err = err, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if err := sel.Flush(mark); err != nil {
		return nil, nil, err
	}
	if !has {
		return nil, nil, fmt.Errorf("%s: it has no connection %d: there are %s", s.name, s.conn, numbers(first))
	}
	all, err := b.Scripts()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.name, err)
	}
	for _, one := range all {
		if found[one.Conn] {
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("%s: -conn and -query find none of its connections", s.name)
	}
	return list, damage, nil
}

// namedConns is how many connections an error names.
const namedConns = 10

// numbers names the first connections of a capture.
func numbers(first []uint32) string {
	names := make([]string, 0, namedConns+1)
	for _, n := range first[:min(len(first), namedConns)] {
		names = append(names, "#"+strconv.FormatUint(uint64(n), 10))
	}
	if len(first) > namedConns {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// single returns the script of a list that has one.
func single(list []*replay.Script) (*replay.Script, error) {
	if len(list) == 1 {
		return list[0], nil
	}
	var names []string
	for _, s := range list[:min(len(list), 10)] {
		names = append(names, fmt.Sprintf("#%d %q with %s", s.Conn, s.Path, counted(len(s.Frames), "frame")))
	}
	if len(list) > len(names) {
		names = append(names, "…")
	}
	return nil, fmt.Errorf("the capture has %d connections: choose one with -conn or -query: %s", len(list), strings.Join(names, ", "))
}

// warn tells what of a script is not as it was, and refuses what was not kept whole unless that is wanted.
func (s *scriptLoader) warn(one *replay.Script) error {
	if one.Cut > 0 && !s.cut {
		return fmt.Errorf("#%d: of %d payloads of the %s the capture has only the start, first in record %d: they cannot be sent as they were (-cut sends what there is)",
			one.Conn, one.Cut, one.Role, one.FirstCut)
	}
	for _, w := range []struct {
		n    int
		what string
	}{
		{one.Cut, "payloads are sent as far as they were kept"},
		{one.Inflated, "messages were compressed: they are sent inflated, in as many frames"},
		{one.Injected, "frames are sent that this program had injected"},
		{one.Late, "frames are left out: the other end had begun to close"},
		{one.PeerCut, "messages of the other end are known only by their start: their lengths are compared"},
	} {
		if w.n > 0 {
			s.io.notice("#%d: %d %s\n", one.Conn, w.n, w.what)
		}
	}
	if one.Malformed {
		s.io.notice("#%d: decoding stopped in one direction: what followed there is not in the capture\n", one.Conn)
	}
	return nil
}
