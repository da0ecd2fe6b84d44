/** Asks once for each key and gives the same answer again, for as long as one list or page is put together. Never kept beyond that. */
export function oncePer<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (key) => {
    const answer = asked.get(key) ?? ask(key);
    asked.set(key, answer);
    return answer;
  };
}
