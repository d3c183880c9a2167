// For bundlers that leave new URL('./tether.wasm', import.meta.url) as it is: what the README of the package says.
import { init } from '@tetherscope/tether';
import wasmURL from '@tetherscope/tether/tether.wasm';

init({ wasmURL });
