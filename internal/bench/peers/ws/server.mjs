// A WebSocket server on Node's ws that the benchmark in internal/bench/server compares ours with: /ws/echo returns each
// message; every other path is the chat, whose messages go to all clients with sender and time. It prints its address,
// and ends when its standard input does.
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

const http = createServer();
const echo = new WebSocketServer({ noServer: true });
const chat = new WebSocketServer({ noServer: true });

echo.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});

let ids = 0;
chat.on('connection', (socket) => {
  const from = String(++ids);
  const say = (message) => socket.send(JSON.stringify(message));
  say({ type: 'welcome', message: 'Welcome', from, timestamp: Date.now() });
  socket.on('message', (data) => {
    let m;
    try {
      m = JSON.parse(data);
    } catch {
      return say({ type: 'error', message: 'Invalid JSON' });
    }
    if (m.type !== 'chat') return say({ type: 'error', errors: ['Missing or invalid type'] });
    const text = JSON.stringify({ type: 'chat', message: m.message, from, timestamp: Date.now() });
    for (const client of chat.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
  });
});

http.on('upgrade', (request, socket, head) => {
  const to = request.url.startsWith('/ws/echo') ? echo : chat;
  to.handleUpgrade(request, socket, head, (ws) => to.emit('connection', ws, request));
});
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`127.0.0.1:${http.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
