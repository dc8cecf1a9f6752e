// Opens the page of each place, once somebody has signed in.

import { agentPage } from "./agent_page.js";
import { agentsPage } from "./agents_page.js";
import { KEY_REFUSED } from "./api.js";
import { element, fill } from "./dom.js";
import { forgetKey, readKey } from "./key.js";
import { forgetAll } from "./lookup.js";
import { mergePage } from "./merge_page.js";
import { readPlace } from "./place.js";
import { sessionPage } from "./session_page.js";
import { sessionsPage } from "./sessions_page.js";
import { signInPage } from "./sign_in_page.js";

const main = document.getElementById("main");
const bar = document.getElementById("bar");
let open = new AbortController();

/**
 * Opens a page. A page is a function of `{ main, signal, parts, query }`: it fills `main`, and stops what it
 * has going once `signal` is aborted.
 */
function show(page, { parts = [], query = new URLSearchParams() } = {}, more = {}) {
  open.abort();
  open = new AbortController();
  // Each page looks anew at what others may have changed.
  forgetAll();
  fill(main);
  page({ main, signal: open.signal, parts, query, ...more });
  const heading = main.querySelector("h1");
  document.title = heading ? `${heading.textContent} · Sessions console` : "Sessions console";
  // Whoever comes by keyboard starts at the page's heading, unless the page has chosen otherwise.
  if (heading && !main.contains(document.activeElement)) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  scrollTo(0, 0);
}

function showPlace() {
  const place = readPlace();
  const signedIn = readKey() !== null;
  bar.hidden = !signedIn;
  for (const link of bar.querySelectorAll("[data-page]")) {
    const here = link.dataset.page === (place.parts[0] ?? "sessions");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (signedIn) show(pageOf(place.parts), place);
  else show(signInPage, place, { whenSignedIn: showPlace });
}

function pageOf([kind = "sessions", id, ...rest]) {
  if (rest.length === 0) {
    if (kind === "sessions") return id === undefined ? sessionsPage : sessionPage;
    if (kind === "agents") return id === undefined ? agentsPage : agentPage;
    if (kind === "new" && id === undefined) return mergePage;
  }
  return nothingPage;
}

function nothingPage({ main }) {
  fill(
    main,
    element("h1", {}, "Nothing is here"),
    element("p", {}, "This link leads to no page of the console."),
    element("p", {}, element("a", { href: "#/sessions" }, "Go to the sessions")),
  );
}

function signOut(message = null) {
  forgetKey();
  bar.hidden = true;
  show(signInPage, readPlace(), { whenSignedIn: showPlace, message });
}

addEventListener("hashchange", showPlace);
addEventListener(KEY_REFUSED, () => signOut("The key is not accepted any more. Enter one that is."));
document.getElementById("sign-out").addEventListener("click", () => signOut());
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
showPlace();
