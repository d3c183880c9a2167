package tap

import (
	"github.com/tetherscope/tetherscope/internal/capture/record"
	"github.com/tetherscope/tetherscope/internal/capture/redact"
)

// maxNoted is how many connections get a note that concerns all of them.
const maxNoted = 20

// Note records what this program has to say of an open connection, without credentials: a word, and what happened. With 0 it is said of the open
// connections, of 20 at most. It waits for no connection.
func (t *Tap) Note(conn uint32, word, what string) {
	for _, id := range t.noted(conn) {
		t.log.append(&record.Record{
			Time: t.log.now(), Conn: id, Kind: record.KindNote, Name: word, Reason: redact.Text(what), Marks: record.Injected,
		})
	}
}

// noted returns the connections that a note is of.
func (t *Tap) noted(conn uint32) (list []uint32) {
	if conn != 0 {
		return []uint32{conn}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.inOrder() {
		if len(list) < maxNoted {
			list = append(list, c.id)
		}
	}
	return list
}
