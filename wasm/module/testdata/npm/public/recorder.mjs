// In place of the panel's script: what a TetherSocket loads when a panel announces itself.
globalThis.reported = true;
Object.defineProperty(globalThis, Symbol.for('tetherscope.tap'), { value: { open: () => ({}), listening: false }, configurable: true });
