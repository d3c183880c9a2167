// The chat page: an example of TetherSocket in real use. Copy it. The parts: session.mjs knows who the person is, room.mjs
// holds the connection, view.mjs is the only one that knows the page. What is sent is declared in wasm/chat/message.go.

import { newRoom } from './chat/room.mjs';
import { login, withToken } from './chat/session.mjs';
import { newView } from './chat/view.mjs';

const view = newView(document);
const remembered = 'tetherscope-chat-name'; // for a reload of this tab: the name only, never a token
let room = null;

async function join({ name, token }) {
  view.loginError('');
  try {
    const session = token ? withToken(token) : await login(name);
    if (!token) sessionStorage.setItem(remembered, name);
    view.enter();
    room = newRoom(session, view, leave);
  } catch (error) {
    view.loginError(error.message);
    if (error.wantsToken) view.askForToken();
  }
}

/** leave goes back to the login; why says what for, unless the person wants it. */
function leave(why = '') {
  room?.close();
  room = null;
  sessionStorage.removeItem(remembered);
  view.exit(why);
}

view.start({
  join,
  leave: () => leave(),
  logout: () => room?.logout(),
  again: () => room.again(),
  send: (to, text) => room.send(to, text),
  waiting: () => room?.waits() ?? 0,
});

const name = sessionStorage.getItem(remembered);
if (name) join({ name });
