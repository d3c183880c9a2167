// Elements without markup: data of a peer becomes a text node only.

/** element makes <tag> with properties and children; strings become text nodes. */
export function element(document, tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.startsWith('data-') || name.startsWith('aria-')) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ''));
  return made;
}

/** count returns a number with its noun, which takes an s unless there is one. */
export const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** bytes formats a size for people. */
export function bytes(n) {
  if (n < 1024) return `${n} B`;
  const [value, unit] = n < 1 << 20 ? [n / 1024, 'KiB'] : [n / (1 << 20), 'MiB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** milliseconds formats a duration: three digits are enough to compare. */
export function milliseconds(ms) {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}
