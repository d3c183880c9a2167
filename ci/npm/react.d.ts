import type { Provided, SocketOptions, State, TetherSocket } from './tether.js';

export interface TetherOptions<In, Out = In> extends SocketOptions<In, Out> {
  protocols?: Provided<string | string[]>;
  /** Called with each message; the function of the last rendering. */
  onMessage?: (data: In) => void;
}

/**
 * A socket while the component is mounted, resilient unless options.resilient says otherwise. Another url closes it and opens another one;
 * other options count for the next one. Without a url there is none. Nothing happens while a server renders.
 */
export function useTether<In = any, Out = In>(url: string | null | undefined, options?: TetherOptions<In, Out>): {
  /** null until the component is mounted. */
  socket: TetherSocket<In, Out> | null;
  state: State;
};
