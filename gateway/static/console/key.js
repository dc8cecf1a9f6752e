// The API key: it lives as long as the tab, and nowhere else.

const NAME = "everruns-api-key";

/** Returns the key, null when nobody has signed in. */
export function readKey() {
  return sessionStorage.getItem(NAME);
}

/** Keeps a key for this tab. */
export function keepKey(key) {
  sessionStorage.setItem(NAME, key);
}

/** Forgets the key. */
export function forgetKey() {
  sessionStorage.removeItem(NAME);
}

/** Returns whether a text could be a key at all: header values hold no other characters. */
export function canBeKey(text) {
  return /^[!-~]{1,1000}$/.test(text);
}
