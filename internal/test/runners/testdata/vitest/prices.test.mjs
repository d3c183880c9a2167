import { expect, test as base } from '@tetherscope/test/vitest';
import { describe } from 'vitest';
import WebSocket from 'ws';

const test = base.extend({ tapOptions: { targets: { prices: `${process.env.APP.replace('http', 'ws')}/ws` }, folder: 'kept' } });
const patient = { timeout: 60_000 };

function subscribe(url) {
  const socket = new WebSocket(url);
  socket.on('open', () => socket.send('{"type":"subscribe"}'));
  socket.on('error', () => {}); // a tap that ends ends its connections
}

describe('prices', () => {
  test('sent and received', async ({ ws }) => {
    subscribe(ws.target('prices'));
    await expect(ws).toHaveSent('op:text $.type="subscribe"', patient);
    await expect(ws).toHaveReceived('op:text $.price>0', patient);
    await expect(ws).not.toHaveReceived('$.type="error"');
    await expect(ws).toHaveNoViolations();
  });

  test('fails: never sent', async ({ ws }) => {
    subscribe(ws.target('prices'));
    await expect(ws).toHaveReceived('$.price>0', patient);
    await expect(ws).toHaveSent('$.type="never"', { timeout: 100 });
  });

  test('fails: nothing captured', async ({ ws }) => {
    await expect(ws).toHaveNoViolations();
  });

  test('fails: no such target', async ({ ws }) => {
    ws.target('orders');
  });
});
