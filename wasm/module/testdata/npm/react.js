import { createElement, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTether } from '@tetherscope/tether/react';
import { converse } from './page.js';

function Feed({ url, options }) {
  const [last, setLast] = useState('');
  const { socket, state } = useTether(url, { ...options, onMessage: setLast });
  useEffect(() => { if (state === 'open') socket.send('hello'); }, [socket, state]);
  return `${state} ${last}`;
}

globalThis.result = converse((url, options) => {
  const root = createRoot(document.getElementById('app'));
  root.render(createElement(StrictMode, null, createElement(Feed, { url, options })));
  return () => root.unmount();
});
