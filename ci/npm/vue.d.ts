import type { ShallowRef } from 'vue';
import type { Provided, SocketOptions, State, TetherSocket } from './tether.js';

export interface TetherOptions<In, Out = In> extends SocketOptions<In, Out> {
  protocols?: Provided<string | string[]>;
  /** Called with each message. */
  onMessage?: (data: In) => void;
}

/**
 * A socket while the component is mounted, resilient unless options.resilient says otherwise, with its state and its last message. Nothing
 * happens while a server renders.
 */
export function useTether<In = any, Out = In>(url: Provided<string | URL>, options?: TetherOptions<In, Out>): {
  /** null until the component is mounted. */
  socket: ShallowRef<TetherSocket<In, Out> | null>;
  state: ShallowRef<State>;
  data: ShallowRef<In | undefined>;
};
