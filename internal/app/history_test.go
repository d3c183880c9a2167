package app_test

import (
	"fmt"
	"testing"

	"github.com/tetherscope/tetherscope/internal/app"
	"github.com/tetherscope/tetherscope/wasm/chat"
)

// ask asks for the history and returns the answer and the texts in it.
func (p *peer) ask(position message) (answer message, texts []string) {
	request := message{"type": chat.TypeHistory}
	for name, v := range position {
		request[name] = v
	}
	p.say(request)
	answer = p.expect(chat.TypeHistory)
	list, _ := answer["messages"].([]any)
	for _, m := range list {
		texts = append(texts, m.(map[string]any)["message"].(string))
	}
	return answer, texts
}

// position is what a client remembers of an answer.
func position(answer message) message {
	p := message{"epoch": answer["epoch"]}
	if offset, has := answer["offset"]; has {
		p["offset"] = offset
	}
	return p
}

// TestHistoryGivesWhatWasMissed: a client that comes back gets the chat messages that were sent meanwhile, with the ids that
// others saw, and no other ones; one whose log is gone is informed.
func TestHistoryGivesWhatWasMissed(t *testing.T) {
	n := start(t, app.Config{})
	ada := n.join("ada")
	ada.say(message{"type": "chat", "message": "before"})
	ada.expect(chat.TypeChat)
	bob := n.join("bob")
	begin, texts := bob.ask(nil)
	if len(texts) != 0 || begin["epoch"] == nil || begin["offset"] != 1.0 {
		t.Errorf("without a position: %v", begin)
	}
	bob.conn.CloseNow()
	ids := map[any]bool{}
	for i := range 3 {
		ada.say(message{"type": "chat", "message": fmt.Sprint(i)})
		ids[ada.expect(chat.TypeChat)["id"]] = true
	}
	ada.say(message{"type": "broadcast", "content": "not a chat message"})
	ada.expect(chat.TypeBroadcast)
	bob = n.join("bob")
	answer, texts := bob.ask(position(begin))
	if fmt.Sprint(texts) != "[0 1 2]" || answer["lost"] != nil || answer["more"] != nil || answer["offset"] != 4.0 {
		t.Errorf("what was missed: %v", answer)
	}
	for _, m := range answer["messages"].([]any) {
		line := m.(map[string]any)
		if !ids[line["id"]] || line["user"] != "ada" || line["from"] != ada.id {
			t.Errorf("not as it was sent: %v", line)
		}
	}
	if answer, texts = bob.ask(position(answer)); len(texts) != 0 || answer["lost"] != nil {
		t.Errorf("again: %v", answer)
	}
	if answer, texts = bob.ask(message{"epoch": "another", "offset": 3}); len(texts) != 4 || answer["lost"] != true {
		t.Errorf("of another log: %v", answer)
	}
}

// TestHistoryRefusesBadPositions: with words, and nothing else happens.
func TestHistoryRefusesBadPositions(t *testing.T) {
	ada := start(t, app.Config{}).join("ada")
	for _, p := range []message{
		{"epoch": ""},
		{"epoch": 3, "offset": 1},
		{"offset": "x", "epoch": "e"},
		{"epoch": "e", "offset": -1},
		{"epoch": "e", "offset": 1.5},
		{"epoch": "e", "offset": "1"},
		{"epoch": fmt.Sprintf("%065d", 1), "offset": 1},
	} {
		p["type"] = chat.TypeHistory
		ada.say(p)
		if m := ada.expect(chat.TypeError); fmt.Sprint(m["errors"]) != "["+chat.InvalidPosition+"]" {
			t.Errorf("%v was answered with %v", p, m)
		}
	}
}

// TestAnEmptyLogIsAPlace: a client that was answered before anything was said gets all that was said since with the place of that answer, which
// has no offset.
func TestAnEmptyLogIsAPlace(t *testing.T) {
	n := start(t, app.Config{})
	ada, bob := n.join("ada"), n.join("bob")
	ada.say(message{"type": chat.TypeHistory})
	begin := ada.expect(chat.TypeHistory)
	bob.say(message{"type": chat.TypeChat, "message": "first"})
	ada.expect(chat.TypeChat)
	q := position(begin)
	q["type"] = chat.TypeHistory
	ada.say(q)
	answer := ada.expect(chat.TypeHistory)
	if list, _ := answer["messages"].([]any); len(list) != 1 || answer["lost"] != nil {
		t.Errorf("%v was answered with %v", q, answer)
	}
}
