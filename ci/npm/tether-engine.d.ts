/** For init({ engine }) alone: import * as engine from '@tetherscope/tether/engine'. */
export function newProgram(): unknown;
