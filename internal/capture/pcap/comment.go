package pcap

import (
	"strings"

	"github.com/tetherscope/tetherscope/internal/capture/record"
)

// commentPrefix begins the comment of a packet that tells what this program did to the frame in it: Wireshark shows it, and
// finds it by frame.comment.
const commentPrefix = "tetherscope: "

// comment returns the comment for marks, empty for none.
func comment(m record.Marks) string {
	if m == 0 {
		return ""
	}
	return commentPrefix + m.String()
}

// marksOf reads the marks that a packet's comments tell. Those of other people are passed over.
func marksOf(comments []string) (m record.Marks) {
	for _, text := range comments {
		names, ours := strings.CutPrefix(text, commentPrefix)
		if !ours {
			continue
		}
		for name := range strings.FieldsSeq(names) {
			m |= record.MarkNamed(name)
		}
	}
	return m
}
