// The assertions, for every runner whose expect.extend is that of Jest.

import { textOf } from './tap.mjs';

const listed = 10;

export const matchers = {
  toHaveSent(tap, query, options) {
    return traffic(this, 'sent', `dir:out (${query})`, 'dir:out', tap, query, options);
  },
  toHaveReceived(tap, query, options) {
    return traffic(this, 'received', `dir:in (${query})`, 'dir:in', tap, query, options);
  },
  async toHaveNoViolations(tap) {
    const found = await tap.violations();
    const list = found.map(({ seq, conn, dir = 'handshake', rule, section }) => `  record ${seq}, connection ${conn}, ${dir}: ${rule} (${section})`).join('\n');
    return {
      pass: found.length === 0,
      message: () => (found.length === 0 ? 'expected violations of RFC 6455 or RFC 7692, and there are none' : `expected no violations of RFC 6455 and RFC 7692, found:\n${list}`),
    };
  },
};

// With not, what was captured until now must not match; otherwise a match may still come.
async function traffic({ isNot, timeout }, verb, full, direction, tap, query, options) {
  const limit = { timeout: options?.timeout ?? (timeout || 5000) };
  const found = isNot ? (await tap.find(full)).at(0) : await tap.waitFor(full, limit);
  if (found) return { pass: true, message: () => `expected nothing ${verb} that matches ${query}, found record ${found.seq}: ${line(found)}` };
  const all = isNot ? [] : await tap.find(direction);
  return { pass: false, message: () => `nothing that matches ${query} was ${verb} within ${limit.timeout} ms; ${summary(all, verb)}` };
}

function summary(all, verb) {
  if (all.length === 0) return `nothing was ${verb} at all: is the connection made through the tap?`;
  return `${all.length} records were ${verb}, the last of them:\n${all.slice(-listed).map((one) => `  ${line(one)}`).join('\n')}`;
}

function line(record) {
  const what = record.frame?.type ?? record.kind;
  const text = textOf(record);
  return `${what} ${text === null ? `${record.frame?.length ?? 0} bytes` : JSON.stringify(text.slice(0, 200))}`;
}
