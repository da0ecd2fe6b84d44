/** A piece of what somebody typed, for the message that refuses it: cut, and said to be. Whoever prints it makes it visible. */

const longest = 60;

export function shownInput(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}
