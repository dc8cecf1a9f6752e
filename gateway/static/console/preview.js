// Asks what a draft would run, soon after it has changed.

import { call, Refusal } from "./api.js";
import { debounced, Latest } from "./timing.js";

const WAIT = 150;

/**
 * Returns `{ change, stop }`. `change()` asks for the answer to what `draft()` is by then; only the answer to
 * the newest is told, as `{ state, answer, refusal }`: state `asking`, `shown` or `refused`. After `stop()`
 * none is.
 */
export function previews({ signal, draft, tell }) {
  const latest = new Latest(signal);

  const ask = debounced(WAIT, signal, () =>
    latest.run(
      (aborted) => call("POST", "sessions:preview", { body: draft(), signal: aborted }),
      (answer) => tell({ state: "shown", answer }),
      (error) => tell({ state: "refused", refusal: asRefusal(error) }),
    ),
  );
  function stop() {
    ask.cancel();
    latest.drop();
  }

  return {
    stop,
    change() {
      stop();
      tell({ state: "asking" });
      ask();
    },
  };
}

function asRefusal(error) {
  return error instanceof Refusal ? error : new Refusal(0, { detail: String(error) });
}
