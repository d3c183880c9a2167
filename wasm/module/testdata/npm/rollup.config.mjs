import resolve from '@rollup/plugin-node-resolve';
import url from '@rollup/plugin-url';

export default {
  input: 'with-url.js',
  output: { dir: 'rolled', entryFileNames: 'main.js' },
  plugins: [resolve(), url({ include: '**/*.wasm', limit: 0, publicPath: '/' })],
};
