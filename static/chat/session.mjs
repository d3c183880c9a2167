// The login: a token, which leaves this file in the header of one request only. The URL of the WebSocket carries a ticket,
// which is valid for one handshake within seconds.

/** login asks the server for a development token, which it gives to pages on its own machine only. */
export async function login(user) {
  const dev = () => developmentToken(user);
  return newSession(await dev(), dev);
}

/** withToken uses a token that was issued elsewhere. */
export function withToken(token) {
  return newSession(token, null);
}

// newSession keeps a token, and renews it when it can: a server that was restarted may not know the old one any more.
function newSession(token, renew) {
  const ticket = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch('/app/ticket', { method: 'POST', headers });
    return response.status === 401 ? null : (await answer(response)).ticket;
  };
  return {
    /** address gives the URL of the next attempt. An error with permanent set ends the attempts. */
    async address() {
      let got = await ticket();
      if (got === null && renew) {
        token = await renew();
        got = await ticket();
      }
      if (got === null) throw Object.assign(new Error('The token is invalid or expired. Log in again.'), { permanent: true });
      const url = new URL('/ws/chat', location.href.replace(/^http/, 'ws'));
      url.searchParams.set('ticket', got);
      return url;
    },
  };
}

async function developmentToken(user) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/app/dev-token', { method: 'POST', headers, body: JSON.stringify({ user }) });
  if (response.status === 404) {
    const error = new Error('This server issues tokens on its own machine only. Paste a token that it accepts.');
    throw Object.assign(error, { wantsToken: true });
  }
  return (await answer(response)).token;
}

async function answer(response) {
  if (!response.ok) throw new Error((await response.text()).trim() || `HTTP status ${response.status}.`);
  return response.json();
}
