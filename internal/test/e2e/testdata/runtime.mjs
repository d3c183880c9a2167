// A client on the WebSocket that the runtime has, or on that of the package in the second argument: it sends a text and 70,000 bytes, waits
// for their echoes, and closes with 4001. It prints the text.
import process from 'node:process';

const [url, implementation] = process.argv.slice(2);
const Socket = implementation ? (await import(implementation)).WebSocket : WebSocket;
const sent = ['héllo from JavaScript', Uint8Array.from({ length: 70000 }, (_, i) => [1, 2, 3, 0, 255][i % 5])];
const same = (a, b) => (typeof a === 'string' ? a === b : b.byteLength === a.length && new Uint8Array(b).every((v, i) => v === a[i]));

const socket = new Socket(url);
socket.binaryType = 'arraybuffer';
let got = 0;
socket.onopen = () => sent.forEach((m) => socket.send(m));
socket.onmessage = ({ data }) => {
  if (!same(sent[got], data)) throw new Error(`echo ${got} is another`);
  if (++got === sent.length) socket.close(4001, 'done');
};
socket.onerror = (e) => { console.error(e.message ?? e); process.exit(1); };
socket.onclose = ({ code, reason }) => {
  if (code !== 4001 || reason !== 'done') process.exit(2);
  console.log(sent[0]);
  process.exit(0);
};
