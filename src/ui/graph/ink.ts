/** The theme's colours for what is drawn on a canvas, which knows neither variables nor themes. */

/** What `variable` (`--line`) is in the theme of `parent`, as a colour that a canvas takes. */
export function inkOf(parent: HTMLElement, variable: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  parent.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
