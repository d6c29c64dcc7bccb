/**
 * A LIKE pattern that finds *text* as it is written, anywhere.
 *
 * PostgREST takes every `*` for `%` and has no way to escape it; `_` (any one character) finds it, too.
 */
export function containing(text: string): string {
  const literal = text.replace(/[\\%_]/g, (character) => `\\${character}`).replaceAll("*", "_");
  return `%${literal}%`;
}

/** A value inside PostgREST's `or=(…)`, where commas, dots and brackets have a meaning. */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, (character) => `\\${character}`)}"`;
}
