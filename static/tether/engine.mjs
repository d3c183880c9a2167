export function connectEngine() { throw new Error('not yet'); }
