package tap

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tetherscope/tetherscope/internal/record"
)

// attend sees to what waits in a direction: to the client it goes at once if nobody writes, else with that write; to the
// server it goes with the reader, who is woken.
func (c *conn) attend(dir record.Dir) {
	switch {
	case dir == record.Out:
		c.wakeReader()
	case c.in.isDue():
		go c.deliver() // the client may not read
	}
}

// deliver inserts what is due to the client unless somebody else is writing, who then does it.
func (c *conn) deliver() {
	for c.in.isDue() && c.writing.TryLock() {
		err := c.insert()
		c.writing.Unlock()
		if err != nil {
			return
		}
	}
}

// insert writes what is due. The caller holds the lock for writing.
func (c *conn) insert() error {
	if c.in.laned() {
		return c.pump()
	}
	for {
		job := c.in.take()
		if job == nil {
			c.in.rest()
			return nil
		}
		n, err := c.Conn.Write(job.Frames)
		if err != nil {
			c.writeFailed(err, len(job.Frames)-n)
			err = fmt.Errorf("%w: %w", ErrEnded, err)
		} else if c.relays.Load() {
			c.in.passed()
		}
		c.in.settled(job, err)
		if err != nil {
			return err
		}
	}
}

// writeActing writes p with what is due between its frames. The caller holds the lock for writing.
func (c *conn) writeActing(p []byte) (n int, err error) {
	for n < len(p) {
		if err := c.insert(); err != nil {
			return n, err
		}
		k := len(p) - n
		if c.in.acting.Load() {
			k = c.in.next(p[n:])
		}
		m, err := c.send(p[n : n+k])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, c.insert()
}

// readActing gives the reader what was put in, and the end that was ordered. With neither, it says how many of n bytes may
// be read. The caller holds the lock for reading.
func (c *conn) readActing(p []byte) (n, room int, err error) {
	c.alarm.stop(c.Conn) // before looking: what comes from now on rings again
	if len(c.inserted) == 0 {
		if job := c.out.take(); job != nil {
			c.inserted = bytes.Clone(job.Frames)
			c.out.settled(job, nil)
		}
	}
	if len(c.inserted) > 0 {
		n = copy(p, c.inserted)
		if c.inserted = c.inserted[n:]; len(c.inserted) == 0 {
			c.inserted = nil
		}
		return n, 0, nil
	}
	if c.out.rest() {
		return 0, 0, io.EOF
	}
	return 0, c.out.room(len(p)), nil
}

// rest notices that nobody acts any more, and reports whether the direction was ended on order.
func (d *direction) rest() (finished bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.jobs) == 0 && !d.finished && d.under == nil {
		d.acting.Store(false)
	}
	return d.finished
}

// finishToClient ends our half of the connection.
func (c *conn) finishToClient() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	c.end.first(record.SideNone, "ended towards the client (FIN) on the order of this program", record.Injected)
	c.in.shut(ErrEnded)
	return half.CloseWrite()
}

// finishToServer lets the server's reader come to the end.
func (c *conn) finishToServer() {
	c.end.first(record.SideNone, "ended towards the server (FIN) on the order of this program", record.Injected)
	c.out.shut(ErrEnded)
	c.out.mu.Lock()
	c.out.finished = true
	c.out.acting.Store(true)
	c.out.mu.Unlock()
	c.wakeReader()
}
