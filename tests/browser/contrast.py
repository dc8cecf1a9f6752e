"""Contrast of text, as WCAG 2.2 measures it (1.4.3, level AA)."""

from __future__ import annotations

from playwright.sync_api import Page

_LOW = """() => {
  const rgba = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a));
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const under = node.parentElement ? behind(node.parentElement) : [255, 255, 255];
    return over(rgba(getComputedStyle(node).backgroundColor), under);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest(".unseen, .skip, noscript, :disabled, [aria-disabled]")) continue;
    const style = getComputedStyle(node);
    const back = behind(node);
    const [high, low] = [luminance(over(rgba(style.color), back)), luminance(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${texts.currentNode.data.trim()}`);
  }
  return found;
}"""


def low_contrasts(page: Page) -> list[str]:
    """The visible texts whose contrast to what is behind them is too low, each with its ratio."""
    found: list[str] = page.evaluate(_LOW)
    return found
