import { useEffect, useRef, useState } from 'react';
import { bind } from './bind.mjs';

/** useTether has a socket to url while the component is mounted; another url is another socket. See react.d.ts. */
export function useTether(url, { onMessage, ...options } = {}) {
  const [socket, setSocket] = useState(null);
  const [state, setState] = useState('connecting');
  const latest = useRef();
  useEffect(() => { latest.current = { onMessage, options }; });
  useEffect(() => {
    if (!url) return undefined;
    const bound = bind(url, latest.current.options, {
      opened: setSocket, state: setState, message: (data) => latest.current.onMessage?.(data),
    });
    return () => {
      bound.leave();
      setSocket(null);
      setState('connecting');
    };
  }, [url]);
  return { socket, state };
}
