package record

import (
	"slices"
	"strconv"
)

// Visitor takes what a reader of a capture file finds, in the order of the file.
type Visitor struct {
	// Record takes a record. It and the slices in it are valid only during the call. An error ends the reading, which
	// returns it.
	Record func(*Record) error

	// Damage takes every part that could not be read; reading goes on behind it when that is possible. May be nil.
	Damage func(*Damage)

	// Omitted takes what was passed over, by reason, when all is read. May be nil.
	Omitted func(*Omission)
}

// Damage is a part of a capture file that could not be read: where it is, and what is wrong with it.
type Damage struct {
	Line, Column int   // from 1 up, the column in bytes; 0 in files that have no lines
	Offset       int64 // in bytes from the start of the file
	Err          error
}

// Error says where and what.
func (d *Damage) Error() string {
	where := "byte " + strconv.FormatInt(d.Offset, 10)
	if d.Line > 0 {
		where = "line " + strconv.Itoa(d.Line) + ", column " + strconv.Itoa(d.Column)
	}
	return where + ": " + d.Err.Error()
}

// Unwrap returns the cause.
func (d *Damage) Unwrap() error { return d.Err }

// ReportDamage passes d to Damage, if that is set.
func (v *Visitor) ReportDamage(d *Damage) {
	if v.Damage != nil {
		v.Damage(d)
	}
}

// ReportOmission passes o to Omitted, if that is set.
func (v *Visitor) ReportOmission(o *Omission) {
	if v.Omitted != nil {
		v.Omitted(o)
	}
}

// Clone returns a copy of r that shares no memory with it, for keeping what a [Visitor] or [ReadBatch] lends.
func (r *Record) Clone() Record {
	c := *r
	c.Payload, c.Body, c.Head = cloneBytes(r.Payload), cloneBytes(r.Body), cloneBytes(r.Head)
	c.Transits = slices.Clone(r.Transits)
	return c
}

// cloneBytes keeps nil and empty apart: of a body they mean different things.
func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
