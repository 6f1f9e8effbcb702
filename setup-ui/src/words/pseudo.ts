const PLAIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const MARKED = 'ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ';

const mark = (text: string): string =>
  Array.from(text, (letter) => MARKED[PLAIN.indexOf(letter)] ?? letter).join('');

function pseudoOf(token: unknown): unknown {
  if (typeof token === 'string') return token === '#' ? token : mark(token);
  if (!Array.isArray(token)) return token;
  const [name, type, cases] = token as [string, string?, Record<string, unknown>?];
  if ((type !== 'plural' && type !== 'select' && type !== 'selectordinal') || cases === undefined)
    return token;
  const marked = Object.entries(cases).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.map(pseudoOf) : value,
  ]);
  return [name, type, Object.fromEntries(marked)];
}

/** Marked and about a third longer: what is not translated and what does not fit shows at once (E-16). */
export function pseudoMessages(messages: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(messages).map(([key, message]) => {
      if (!Array.isArray(message)) return [key, message];
      const length = message.filter((part) => typeof part === 'string').join('').length;
      return [key, ['⟦', ...message.map(pseudoOf), ` ${'·'.repeat(Math.ceil(length / 3))}⟧`]];
    }),
  );
}
