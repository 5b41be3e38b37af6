/** Parts of a view, each with an address of its own. */

export interface PathTab {
  readonly name: string;
  readonly href: string;
  readonly isHere: boolean;
}

export function PathTabs({ label, tabs }: { readonly label: string; readonly tabs: readonly PathTab[] }) {
  return (
    <nav class="path-tabs" aria-label={label}>
      {tabs.map(({ name, href, isHere }) => (
        <a key={name} href={href} aria-current={isHere ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
