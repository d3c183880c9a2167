import type { Readable } from 'svelte/store';
import type { Provided, SocketOptions, State, TetherSocket } from './tether.js';

export interface TetherOptions<In, Out = In> extends SocketOptions<In, Out> {
  protocols?: Provided<string | string[]>;
}

/**
 * A store with the state of a socket, its last message and the socket itself, resilient unless options.resilient says otherwise. It is open
 * while the store has subscribers: in a component, $store is one. Stores keep the last value only: for every message, listen to the socket.
 */
export function tether<In = any, Out = In>(url: Provided<string | URL>, options?: TetherOptions<In, Out>): Readable<{
  state: State;
  data: In | undefined;
  socket: TetherSocket<In, Out> | null;
}>;
