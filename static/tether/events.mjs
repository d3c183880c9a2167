// Events that some environments have no constructor for (Node before 23).

const { ErrorEvent = withFields(), CloseEvent = withFields() } = globalThis;

/** errorEvent makes an "error" event, or one of another type, that carries error. */
export function errorEvent(error, message = String(error?.message ?? error), type = 'error') { return new ErrorEvent(type, { message, error }); }

/** closeEvent makes the "close" event. */
export function closeEvent({ code, reason, wasClean }) { return new CloseEvent('close', { code, reason, wasClean }); }

/** eventWith makes an event of ours with its fields. */
export function eventWith(type, fields) { return Object.assign(new Event(type), fields); }

function withFields() {
  return class extends Event {
    constructor(type, fields) {
      super(type);
      Object.assign(this, fields);
    }
  };
}
