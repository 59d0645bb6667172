/** The circles that lie among these parents, each named once and always by the same sentence. */
export function circles(parents: ReadonlyMap<number, number | undefined>): string[] {
  const done = new Set<number>();
  const found: string[] = [];
  for (const start of parents.keys()) {
    const way: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && !done.has(at)) {
      done.add(at);
      way.push(at);
      at = parents.get(at);
    }
    const from = at === undefined ? -1 : way.indexOf(at);
    if (from >= 0) found.push(`peers ${way.slice(from).sort((x, y) => x - y).join(', ')} are each other's parents in a circle`);
  }
  return found;
}
