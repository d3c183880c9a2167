//go:build !js

package pcap_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/capture/pcap"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/keyfile"
	"github.com/tetherscope/tetherscope/internal/capture/pcap/packet"
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/frame"
	"github.com/tetherscope/tetherscope/internal/test/await"
	"github.com/tetherscope/tetherscope/internal/test/wiretap"
)

// TestLostSecuredPackets: whichever packet of a long message inside TLS is missing, what stands behind it is decrypted and decoded, at its right place,
// what is missing is reported, and no peer is blamed for it. At most the frame whose head was in the missing record is not found.
func TestLostSecuredPackets(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		dir := t.TempDir()
		capture, keyLog := filepath.Join(dir, "a.pcapng"), filepath.Join(dir, "keys.txt")
		tap := wiretap.New(t, greeter(t, func(*tls.Config) {}))
		goClient(version, 1)(t, tap.Addr, keyLog)
		await.Until(t, "the end of the connection", func() bool { return tap.Ended(1) })
		tap.Write(t, capture, 443)
		whole := readSecured(t, capture, keyLog)
		packets := longPackets(t, capture)
		if len(packets) < 10 {
			t.Fatalf("%d long packets", len(packets))
		}
		for _, at := range []int{1, len(packets) / 2, len(packets) - 2} {
			got := readWithout(t, capture, keyLog, packets[at])
			checkWithout(t, fmt.Sprintf("TLS %x, packet %d missing", version, packets[at]), got, whole)
		}
	}
}

// longPackets are the numbers of packets that are full.
func longPackets(t *testing.T, name string) (list []int) {
	t.Helper()
	eachPacket(t, name, func(n int, p *packet.Packet) {
		if len(p.Data) > 1000 {
			list = append(list, n)
		}
	})
	return list[min(len(list), 6):] // behind the certificates
}

func eachPacket(t *testing.T, name string, each func(n int, p *packet.Packet)) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := packet.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		each(n, &p)
	}
}

// readWithout reads a file that lacks a packet.
func readWithout(t *testing.T, name, keyLog string, missing int) (list []record.Record) {
	t.Helper()
	var b bytes.Buffer
	w, err := packet.NewWriter(&b, "test", "one packet is missing")
	if err != nil {
		t.Fatal(err)
	}
	eachPacket(t, name, func(n int, p *packet.Packet) {
		if n != missing {
			err = errors.Join(err, w.Write(p.Time, p.Data, ""))
		}
	})
	keys, closeFile, err2 := keyfile.Open(keyLog)
	if err := errors.Join(err, err2, w.Flush()); err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	err = pcap.ReadWith(&b, pcap.Options{Keys: keys}, record.Visitor{Record: func(r *record.Record) error { list = append(list, r.Clone()); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func checkWithout(t *testing.T, what string, got, whole []record.Record) {
	t.Helper()
	places := framePlaces(whole)
	missing, found := false, 0
	for i := range got {
		r := &got[i]
		switch r.Kind { //nolint:exhaustive // the others do not depend on what is missing
		case record.KindBroken:
			missing = missing || r.By == record.SideNone && strings.Contains(r.Reason, "missing in the capture")
		case record.KindFrame:
			if found++; !places[place(r)] {
				t.Errorf("%s: no frame was sent as %s", what, place(r))
			}
		}
		if r.Violations&^frame.RepeatedKey != 0 || r.Kind == record.KindBroken && r.By != record.SideNone {
			t.Errorf("%s: %s, %v", what, r.Describe(), r.Violations)
		}
	}
	last, want := got[len(got)-1], whole[len(whole)-1]
	if found < len(places)-1 || !missing || last.Describe() != want.Describe() {
		t.Errorf("%s: %d of %d frames; reported %t; the end is %q, want %q", what, found, len(places), missing, last.Describe(), want.Describe())
	}
}

// framePlaces are the frames of a capture: which direction, where they begin and how long they are.
func framePlaces(list []record.Record) map[string]bool {
	places := map[string]bool{}
	for i := range list {
		if list[i].Kind == record.KindFrame {
			places[place(&list[i])] = true
		}
	}
	return places
}

func place(r *record.Record) string { return fmt.Sprintf("%s@%d+%d", r.Dir, r.Offset, r.Header.Length) }
