package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"testing"
)

func everyKind() []any {
	return []any{
		&Load{Name: "a.star", Source: []byte("x = 1"), Steps: 10, Memory: 1 << 30, Hard: true},
		&Message{Conn: 7, Out: true, Number: 3, Text: true, Payload: []byte("hello"), Path: "/ws?x=1", Host: "a:80", Target: "api"},
		&Reply{
			Error: "a.star:1:2: no", Prints: []string{"x", ""}, Unshown: 4, Changed: true, Messages: []Part{{true, []byte("a")}, {false, []byte{0xFF}}},
			Answers: []string{"pong"}, Closes: true, Code: 4000, Reason: "bye",
		},
	}
}

// TestFramesReadToThemselves proves that each kind of frame is read as it was written, and that nothing shorter or longer is.
func TestFramesReadToThemselves(t *testing.T) {
	for _, v := range everyKind() {
		var b bytes.Buffer
		if err := Write(&b, v); err != nil {
			t.Fatal(err)
		}
		whole := bytes.Clone(b.Bytes())
		got, err := Read(&b)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%#v was read as %#v, %v", v, got, err)
		}
		for n := 1; n < len(whole); n++ {
			if _, err := Read(bytes.NewReader(whole[:n])); err == nil {
				t.Errorf("%T: the first %d of %d bytes are read as a frame", v, n, len(whole))
			}
		}
		longer := append(whole, 0)
		binary.BigEndian.PutUint32(longer, uint32(len(longer)-4))
		if _, err := Read(bytes.NewReader(longer)); !errors.Is(err, ErrBroken) {
			t.Errorf("%T with a byte behind it: %v", v, err)
		}
	}
}

// TestFramesAreBounded proves that a frame over the limit is neither written nor read, and that a length without bytes costs no memory.
func TestFramesAreBounded(t *testing.T) {
	if err := Write(io.Discard, &Message{Payload: make([]byte, MaxFrame)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("written: %v", err)
	}
	if _, err := Read(bytes.NewReader([]byte{0xFF, 0xFF, 0xFF, 0xFF})); !errors.Is(err, ErrTooLong) {
		t.Errorf("read: %v", err)
	}
	head := binary.BigEndian.AppendUint32(nil, MaxFrame)
	if cost := testing.AllocsPerRun(10, func() { _, _ = Read(bytes.NewReader(head)) }); cost > 10 {
		t.Errorf("%v allocations for an empty frame", cost)
	}
	many := &Reply{Messages: make([]Part, MaxMessages+1)}
	var b bytes.Buffer
	if err := Write(&b, many); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(&b); !errors.Is(err, ErrBroken) {
		t.Errorf("%d messages: %v", len(many.Messages), err)
	}
}

// FuzzRead proves that no bytes break the reader, and that what it reads is written as it was read.
func FuzzRead(f *testing.F) {
	for _, v := range everyKind() {
		var b bytes.Buffer
		_ = Write(&b, v)
		f.Add(b.Bytes())
	}
	f.Add([]byte{0, 0, 0, 2, kindLoad, 1}) // a length of more than is there
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, v); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&b)
		if err != nil || !reflect.DeepEqual(v, again) {
			t.Fatalf("%#v became %#v, %v", v, again, err)
		}
	})
}
