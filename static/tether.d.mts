// Where TypeScript looks for the types of tether.mjs when it is imported by its path.
export * from './tether.js';
