// Compiled with tsc --strict: the messages of the Go chat in a page. A line under @ts-expect-error must not compile.
import { TetherSocket } from '../../../../static/tether.mjs';
import type { Chat, Message, Welcome } from '../../../../static/chat/messages';

const socket = new TetherSocket<Message, Message>('/ws/chat', [], { codec: 'json' });
socket.on('message', ({ data }) => {
  switch (data.type) {
    case 'welcome': return data.clientId.length;
    case 'chat': return data.message.length + (data.timestamp ?? 0);
    case 'error': return data.errors?.join();
    default: return data.type;
  }
});
const line: Chat = { message: 'hello' };
socket.send({ type: 'chat', ...line });
const welcome = (message: Welcome): number => message.timestamp;

// @ts-expect-error no such message
socket.send({ type: 'shout', message: 'x' });
// @ts-expect-error a chat has a message
socket.send({ type: 'chat' });

export { welcome };
