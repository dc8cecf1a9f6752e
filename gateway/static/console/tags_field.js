// A field of tags: each is added with Enter or a comma, and has a button that removes it.

import { button, element, fill } from "./dom.js";
import { field } from "./field.js";

const HINT = "Enter or a comma adds a tag.";

/** Returns a field as `field` does, with `read()`, which answers the tags, and `write(tags)`. */
export function tagsField({ label, hint = HINT, placeholder, tags = [], optional, onChange }) {
  let kept = [...tags];
  const chips = element("ul.chips", { "aria-label": `${label} that are set` });
  const control = element("input", {
    type: "text",
    placeholder,
    autocomplete: "off",
    autocapitalize: "none",
    oninput: () => control.value.includes(",") && take(),
    onkeydown: onKey,
    onblur: take,
  });
  const shell = field({ label, hint, control, optional });
  control.after(chips);
  draw();

  function draw() {
    chips.hidden = kept.length === 0;
    fill(
      chips,
      kept.map((tag) =>
        element(
          "li.chip",
          {},
          tag,
          button("×", () => remove(tag), { "aria-label": `Remove the tag ${tag}` }),
        ),
      ),
    );
  }

  function change(next) {
    kept = next;
    draw();
    onChange();
  }

  function remove(tag) {
    change(kept.filter((other) => other !== tag));
    control.focus();
  }

  function take() {
    const added = control.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    control.value = "";
    const next = [...new Set([...kept, ...added])];
    if (next.length !== kept.length) change(next);
  }

  function onKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && control.value === "" && kept.length) {
      change(kept.slice(0, -1));
    }
  }

  return {
    ...shell,
    read: () => kept,
    write: (next) => {
      kept = [...next];
      draw();
    },
  };
}
