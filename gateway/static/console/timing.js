// Calls that come later, or not at all when they are out of date.

/**
 * Returns a function that calls `then` once it was not called for some milliseconds; its `cancel()` forgets
 * the call that is due.
 */
export function debounced(milliseconds, signal, then) {
  let timer = 0;
  const cancel = () => clearTimeout(timer);
  signal.addEventListener("abort", cancel);
  const later = () => {
    cancel();
    if (!signal.aborted) timer = setTimeout(then, milliseconds);
  };
  return Object.assign(later, { cancel });
}

/**
 * Runs one asynchronous task at a time: a new one aborts the one before, whose outcome is dropped. All are
 * dropped once `signal`, the page's, is aborted.
 */
export class Latest {
  #signal;
  #current = null;

  constructor(signal) {
    this.#signal = signal;
  }

  /** Runs `task(signal)`, then hands its result to `done`, or what it threw to `failed`. */
  async run(task, done, failed) {
    this.drop();
    const mine = new AbortController();
    this.#current = mine;
    const signal = AbortSignal.any([mine.signal, this.#signal]);
    let end;
    try {
      const result = await task(signal);
      end = () => done(result);
    } catch (error) {
      end = () => failed(error);
    }
    if (!signal.aborted) end();
  }

  /** Drops the task that runs, if any. */
  drop() {
    this.#current?.abort();
  }
}
