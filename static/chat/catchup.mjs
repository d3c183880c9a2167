// What was missed: after every loss of the connection each chat message is shown once, or the page says that some may be missing. The same
// in Go, with the property-based test, is wasm/chat/catchup.

const mostSeen = 4096; // ids that are remembered; the server keeps 1,000 messages
const mostWaiting = 1024; // messages that wait for the end of a catch-up

/**
 * newCatchUp remembers two places of the server's log, and asks after the older one: a message that was logged before an answer may arrive
 * after it, or be lost with the connection.
 */
export function newCatchUp() {
  let older = {}; // {epoch, offset}
  let newer = {};
  let known = false; // the page was connected before
  let catching = false; // the answer about what was missed is to come
  let holding = false; // and messages wait for it
  let blind = false; // the connection was lost before a place was known
  let waiting = [];
  const seen = new Set();

  const fresh = (list) => list.filter(({ id }) => {
    if (seen.has(id)) return false;
    if (id) seen.add(id);
    if (seen.size > mostSeen) seen.delete(seen.values().next().value);
    return true;
  });
  const release = () => {
    const list = waiting;
    waiting = [];
    holding = false;
    return fresh(list);
  };

  return {
    /** connected begins a connection and returns what to ask. */
    connected() {
      catching = known && Boolean(older.epoch);
      blind = known && !catching;
      holding = catching;
      known = true;
      return older;
    },
    /** message takes a chat message that arrived, and returns those to show now. */
    message(one) {
      if (!holding) return fresh([one]);
      waiting.push(one);
      return waiting.length < mostWaiting ? [] : release();
    },
    /** answer returns messages to show, whether others may be missing before them, and what to ask next, if anything. */
    answer({ epoch, offset, messages = [], lost = false, more = false }) {
      const place = { epoch, offset };
      if (!catching) {
        const missed = blind;
        blind = false;
        older = newer.epoch ? newer : place;
        newer = place;
        return { show: [], lost: missed };
      }
      const show = fresh(messages);
      older = place;
      newer = place;
      if (more) return { show, lost, next: place };
      catching = false;
      return { show: [...show, ...release()], lost };
    },
    /** failed says that there is no answer now, and returns what waited for it. */
    failed: release,
    /** behind says whether what was missed is still to be asked for. */
    behind: () => catching,
    /** ask returns what to ask now and then: for the end of the log, or again for what was missed. */
    ask: () => (catching ? older : {}),
  };
}
