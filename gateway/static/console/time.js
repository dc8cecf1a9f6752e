// Times for people.

import { element } from "./dom.js";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });


/** Returns a `time` element: "5 minutes ago" for the last week, else the date; the whole time is its title. */
export function timeOf(text) {
  const date = new Date(text);
  return element("time", { datetime: text, title: whole.format(date) }, words(date));
}

/** Returns a `time` element with date and time. */
export function wholeTimeOf(text) {
  return element("time", { datetime: text }, whole.format(new Date(text)));
}

function words(date) {
  const seconds = (date - Date.now()) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return whole.format(date);
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  return unit ? relative.format(Math.trunc(seconds / unit[1]), unit[0]) : "just now";
}
